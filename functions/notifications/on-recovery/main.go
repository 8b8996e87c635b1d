// Command on-recovery mails who forgot a password what sets a new one.
package main

import (
	"usher.example/functions/notifications"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(notifications.OnRecovery) }
