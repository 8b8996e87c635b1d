// Command resend sends each minute what could not be sent before.
package main

import (
	"usher.example/functions/notifications"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(notifications.Resend) }
