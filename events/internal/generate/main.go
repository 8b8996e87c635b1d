// Command generate writes the JSON Schemas of the events' data, the AsyncAPI document that lists every event, and the page
// that people read about them.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"usher.example/events/internal/contract"
)

func main() {
	if err := run("schemas"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir string) error {
	files, err := contract.Files()
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return fmt.Errorf("write schema: %w", err)
		}
	}
	if err := os.WriteFile("README.md", contract.Reference(), 0o644); err != nil {
		return fmt.Errorf("write reference: %w", err)
	}
	return nil
}
