// Command on-clearance deletes an account once nobody minds, or keeps it.
package main

import (
	"usher.example/functions/users"
	"usher.example/shared/function"
)

func main() { function.ServeEvents(users.OnClearance) }
