// Command remind tells of the orders that expire soon, woken each minute.
package main

import (
	"usher.example/functions/expiration"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(expiration.Remind) }
