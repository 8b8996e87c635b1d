// Command detach removes what is attached to a ticket: DELETE /api/tickets/{id}/attachment.
package main

import (
	"usher.example/functions/tickets"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(tickets.Detach) }
