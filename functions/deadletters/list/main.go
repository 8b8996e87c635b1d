// Command list lists the events that could not be delivered, for an operator: GET /api/operator/dead-letters.
package main

import (
	"usher.example/functions/deadletters"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(deadletters.List) }
