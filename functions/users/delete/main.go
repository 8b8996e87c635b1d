// Command delete deletes the caller's account: DELETE /api/users/current.
package main

import (
	"usher.example/functions/users"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(users.Delete) }
