// Command receipt says what an order was paid for: GET /api/orders/{id}/receipt.
package main

import (
	"usher.example/functions/orders"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(orders.Receipt) }
