// Command list shows the caller's orders: GET /api/orders.
package main

import (
	"usher.example/functions/orders"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(orders.History) }
