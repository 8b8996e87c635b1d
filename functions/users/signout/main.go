// Command signout ends a session: POST /api/users/signout.
package main

import (
	"usher.example/functions/users"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(users.Signout) }
