// Command recover asks for a mail that lets its reader set a new password: POST /api/users/recover.
package main

import (
	"usher.example/functions/users"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(users.Recover) }
