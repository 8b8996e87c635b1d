// Command show shows one of the caller's orders: GET /api/orders/{id}.
package main

import (
	"usher.example/functions/orders"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(orders.Show) }
