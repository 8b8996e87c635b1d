// Command password gives an account another password: POST /api/users/password.
package main

import (
	"usher.example/functions/users"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(users.ChangePassword) }
