// Command relay sends what was written but not sent.
package main

import (
	"usher.example/functions/outbox"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(outbox.Relay) }
