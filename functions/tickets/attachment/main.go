// Command attachment shows what is attached to a ticket: GET /api/tickets/{id}/attachment.
package main

import (
	"usher.example/functions/tickets"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(tickets.Attachment) }
