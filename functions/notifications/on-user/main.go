// Command on-user keeps where mail reaches a user, and tells owners what became of their accounts.
package main

import (
	"usher.example/functions/notifications"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(notifications.OnUser) }
