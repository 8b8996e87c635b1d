// Command on-expiring reminds buyers by e-mail of orders that they have not paid.
package main

import (
	"usher.example/functions/notifications"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(notifications.OnExpiring) }
