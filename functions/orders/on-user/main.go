// Command on-user says whether an account may be deleted, and ends what is left of one that is.
package main

import (
	"usher.example/functions/orders"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(orders.OnUser) }
