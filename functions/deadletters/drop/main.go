// Command drop gives an event up that could not be delivered, for an operator: DELETE /api/operator/dead-letters/{id}.
package main

import (
	"usher.example/functions/deadletters"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(deadletters.Drop) }
