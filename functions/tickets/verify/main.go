// Command verify accepts a pass at the door: POST /api/tickets/verify.
package main

import (
	"usher.example/functions/tickets"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(tickets.Verify) }
