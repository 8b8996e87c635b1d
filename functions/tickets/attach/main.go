// Command attach keeps the ticket itself for its buyer: PUT /api/tickets/{id}/attachment.
package main

import (
	"usher.example/functions/tickets"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(tickets.Attach) }
