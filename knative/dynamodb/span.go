package dynamodb

import (
	"bytes"
	"encoding/binary"

	"usher.example/knative/dynamodb/internal/engine"
	"usher.example/knative/dynamodb/internal/expression"
	"usher.example/knative/dynamodb/internal/value"
)

// span is a stretch of a space: the keys from low up to and without high. A nil high is the end of the space.
type span struct{ low, high []byte }

// after is the first key beyond all keys that begin with prefix.
func after(prefix []byte) []byte {
	b := bytes.Clone(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i]++; b[i] != 0 {
			return b[:i+1]
		}
	}
	return nil
}

func prefixed(prefix []byte) span { return span{prefix, after(prefix)} }

// querySpan is where the items are whose hash key is hash, whose first sort attributes equal the values given, and whose
// next one, unless sort is nil, meets a condition.
func querySpan(hash, equal []value.Value, sort *expression.KeyCondition) span {
	partition := value.AppendPartition(nil, hash...)
	for _, v := range equal {
		partition = value.AppendKey(partition, v)
	}
	if sort == nil {
		return prefixed(partition)
	}
	at := func(v value.Value) []byte { return value.AppendKey(bytes.Clone(partition), v) }
	switch sort.Op {
	case "<":
		return span{partition, at(sort.Args[0])}
	case "<=":
		return span{partition, after(at(sort.Args[0]))}
	case ">":
		return span{after(at(sort.Args[0])), after(partition)}
	case ">=":
		return span{at(sort.Args[0]), after(partition)}
	case "BETWEEN":
		return span{at(sort.Args[0]), after(at(sort.Args[1]))}
	default: // begins_with
		return prefixed(value.AppendKeyPrefix(bytes.Clone(partition), sort.Args[0]))
	}
}

// segmentSpan is one of total equal parts of the hashes that keys begin with.
func segmentSpan(segment, total int) span {
	const hashes = 1 << (8 * value.HashLength)
	bound := func(i int) []byte {
		return binary.BigEndian.AppendUint32(nil, uint32(uint64(hashes)*uint64(i)/uint64(total)))
	}
	s := span{low: bound(segment)}
	if segment+1 < total {
		s.high = bound(segment + 1)
	}
	return s
}

// from leaves out what comes before and at a key, in the direction of reading.
func (s span) from(key []byte, backward bool) span {
	if backward {
		s.high = key
	} else {
		s.low = append(bytes.Clone(key), 0) // the next possible key
	}
	return s
}

// contains tells whether a key lies in the span.
func (s span) contains(key []byte) bool {
	return bytes.Compare(key, s.low) >= 0 && (s.high == nil || bytes.Compare(key, s.high) < 0)
}

// walk calls f with each entry of the span in order, until f returns false or an error.
func (s span) walk(r engine.Reader, space string, backward bool, f func(k, v []byte) (bool, error)) error {
	c := r.Cursor(space)
	next, k, v := c.Next, []byte(nil), []byte(nil)
	switch {
	case !backward:
		k, v = c.Seek(s.low)
	case s.high == nil:
		next = c.Prev
		k, v = c.Last()
	default:
		next = c.Prev
		if k, _ = c.Seek(s.high); k == nil {
			k, v = c.Last()
		} else {
			k, v = c.Prev()
		}
	}
	for ; k != nil && s.contains(k); k, v = next() {
		if more, err := f(k, v); err != nil || !more {
			return err
		}
	}
	return nil
}
