package engine

import (
	"fmt"
	"path/filepath"
	"testing"
)

// BenchmarkCommit is the floor of a durable write: an item and an index entry in a commit of their own.
func BenchmarkCommit(b *testing.B) {
	e, err := OpenBolt(filepath.Join(b.TempDir(), "store"), false)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	err = e.Update(func(w Writer) error {
		if err := w.Create("items"); err != nil {
			return err
		}
		return w.Create("index")
	})
	if err != nil {
		b.Fatal(err)
	}
	item := make([]byte, 350)
	n := 0
	for b.Loop() {
		n++
		err := e.Update(func(w Writer) error {
			if err := w.Put("items", fmt.Append(nil, n%32), item); err != nil {
				return err
			}
			return w.Put("index", fmt.Append(nil, n%32), item[:60])
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}
