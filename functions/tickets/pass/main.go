// Command pass shows a buyer's pass: GET /api/tickets/{id}/pass.
package main

import (
	"usher.example/functions/tickets"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(tickets.ShowPass) }
