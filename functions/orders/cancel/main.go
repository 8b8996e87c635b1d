// Command cancel gives an unpaid order up: DELETE /api/orders/{id}.
package main

import (
	"usher.example/functions/orders"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(orders.CancelOrder) }
