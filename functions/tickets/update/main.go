// Command update replaces what is said of a ticket: PUT /api/tickets/{id}.
package main

import (
	"usher.example/functions/tickets"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(tickets.Update) }
