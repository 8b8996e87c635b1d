// Command on-order tells people by e-mail what became of their orders.
package main

import (
	"usher.example/functions/notifications"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(notifications.OnOrder) }
