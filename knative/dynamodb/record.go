package dynamodb

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"usher.example/knative/dynamodb/internal/engine"
	"usher.example/knative/dynamodb/internal/expression"
	"usher.example/knative/dynamodb/internal/value"
)

// record is an item as it is stored: a checksum, the item's size by DynamoDB's rules, and its wire form. A read that
// needs no more than those copies the wire form out without looking into it.
type record []byte

const recordHeader = 8 // CRC-32C of what follows, size; each four bytes, big endian

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func makeRecord(item value.Item) record {
	r := make(record, recordHeader, recordHeader+256)
	binary.BigEndian.PutUint32(r[4:], uint32(item.Size()))
	r = item.AppendJSON(r)
	binary.BigEndian.PutUint32(r, crc32.Checksum(r[4:], castagnoli))
	return r
}

// check finds a record that the disk has changed. A nil record is no item, which is fine.
func (r record) check() error {
	if r == nil {
		return nil
	}
	if len(r) < recordHeader || binary.BigEndian.Uint32(r) != crc32.Checksum(r[4:], castagnoli) {
		return fmt.Errorf("%w: an item's checksum is wrong", engine.ErrCorrupt)
	}
	return nil
}

// size is the item's size in bytes; nothing is 0.
func (r record) size() int {
	if r == nil {
		return 0
	}
	return int(binary.BigEndian.Uint32(r[4:]))
}

// json is the item's wire form.
func (r record) json() []byte { return r[recordHeader:] }

// item reads the item; nil when there is none.
func (r record) item() (value.Item, error) { return r.parse(value.ParseItem) }

// some reads the attributes of these names alone, into an item that may be used again.
func (r record) some(into value.Item, names map[string]bool) (value.Item, error) {
	return r.parse(func(text []byte) (value.Item, error) { return value.ParseSome(into, text, names) })
}

func (r record) parse(read func([]byte) (value.Item, error)) (value.Item, error) {
	if r == nil {
		return nil, nil
	}
	item, err := read(r.json())
	if err != nil {
		return nil, fmt.Errorf("%w: an item cannot be read: %w", engine.ErrCorrupt, err)
	}
	return item, nil
}

// getRecord reads and checks the record at a key.
func getRecord(r engine.Reader, space string, key []byte) (record, error) {
	rec := record(r.Get(space, key))
	return rec, rec.check()
}

// appendTo writes the item, or the parts of it that are chosen.
func (r record) appendTo(out *reply, chosen *expression.Projection) error {
	if chosen == nil {
		out.raw(r.json())
		return nil
	}
	if names := chosen.Whole(); names != nil {
		var ok bool
		if out.b, ok = value.AppendSome(out.b, r.json(), names); ok {
			return nil
		}
	}
	item, err := r.item()
	if err != nil {
		return err
	}
	out.item(chosen.Apply(item))
	return nil
}
