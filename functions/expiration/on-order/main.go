// Command on-order files the timer of a new order.
package main

import (
	"usher.example/functions/expiration"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(expiration.OnOrder) }
