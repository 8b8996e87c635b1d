// Command create reserves a ticket for the caller: POST /api/orders.
package main

import (
	"usher.example/functions/orders"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(orders.Create) }
