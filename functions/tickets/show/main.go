// Command show shows one ticket: GET /api/tickets/{id}.
package main

import (
	"usher.example/functions/tickets"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(tickets.Show) }
