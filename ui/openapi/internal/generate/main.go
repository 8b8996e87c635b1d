// Command generate writes the page that people read about the HTTP API.
package main

import (
	"fmt"
	"os"

	"usher.example/ui/openapi"
	"usher.example/ui/openapi/internal/reference"
)

func main() {
	page, err := reference.Page(openapi.JSON())
	if err == nil {
		err = os.WriteFile("README.md", page, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
