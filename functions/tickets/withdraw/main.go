// Command withdraw takes a ticket off the market: DELETE /api/tickets/{id}.
package main

import (
	"usher.example/functions/tickets"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(tickets.Withdraw) }
