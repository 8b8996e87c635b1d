// Command tick sends what is due in the minute it is woken for.
package main

import (
	"usher.example/functions/expiration"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(expiration.Tick) }
