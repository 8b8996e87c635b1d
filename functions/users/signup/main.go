// Command signup opens an account: POST /api/users/signup.
package main

import (
	"usher.example/functions/users"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(users.Signup) }
