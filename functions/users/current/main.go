// Command current says who is signed in: GET /api/users/currentuser.
package main

import (
	"usher.example/functions/users"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(users.Current) }
