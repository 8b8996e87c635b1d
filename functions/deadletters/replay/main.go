// Command replay sends an event that could not be delivered again, for an operator: POST /api/operator/dead-letters/{id}/replay.
package main

import (
	"usher.example/functions/deadletters"
	"usher.example/shared/function"
)

func main() { function.ServeHTTP(deadletters.Replay) }
