// Command signin begins a session: POST /api/users/signin.
package main

import (
	"usher.example/functions/users"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(users.Signin) }
