// Command create puts a ticket up for sale: POST /api/tickets.
package main

import (
	"usher.example/functions/tickets"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(tickets.Create) }
