package engine

import (
	"fmt"
	"os"

	"go.etcd.io/bbolt"
)

// fullCheck is the size up to which a file is read through when it is opened: what can be done within some 50 ms. Of a
// larger one, only its length and its spaces are looked at; damage deeper inside then shows when it is read.
const fullCheck = 64 << 20

// check finds a file that is too short, of another program, or (where it is small enough to be read) damaged inside. It
// opens the file for itself and only to read: what it maps of a file it reads through is let go of with it.
func check(path string) error {
	db, err := open(path, bbolt.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer db.Close()
	return guard(func() error {
		return db.View(func(tx *bbolt.Tx) error {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			if info.Size() < tx.Size() {
				return fmt.Errorf("%w: it has %d bytes and should have at least %d", ErrCorrupt, info.Size(), tx.Size())
			}
			format := tx.Bucket([]byte(formatSpace))
			if format == nil {
				return ErrForeign
			}
			if v := format.Get([]byte(formatKey)); string(v) != formatValue {
				return fmt.Errorf("%w: format %q, want %q", ErrForeign, v, formatValue)
			}
			return tx.ForEach(func(name []byte, space *bbolt.Bucket) error {
				if tx.Size() > fullCheck {
					return nil
				}
				return walk(name, space)
			})
		})
	})
}

// walk reads every entry of a space and finds keys out of order, which is how misplaced pages show.
func walk(name []byte, space *bbolt.Bucket) error {
	var last []byte
	return space.ForEach(func(k, v []byte) error {
		if last != nil && string(k) <= string(last) {
			return fmt.Errorf("%w: keys out of order in %q", ErrCorrupt, name)
		}
		last = k
		return nil
	})
}
