// Command recover-confirm sets a new password for who has that mail: POST /api/users/recover/confirm.
package main

import (
	"usher.example/functions/users"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(users.ConfirmRecovery) }
