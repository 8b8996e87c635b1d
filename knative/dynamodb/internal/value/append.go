package value

import (
	"encoding/base64"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// AppendJSON adds the item's wire form to b, its names in order so that equal items have equal text.
func (item Item) AppendJSON(b []byte) []byte { return appendMap(b, item) }

// MarshalJSONTo writes the wire form.
func (item Item) MarshalJSONTo(enc *jsontext.Encoder) error {
	return enc.WriteValue(item.AppendJSON(nil))
}

// MarshalJSONTo writes the wire form.
func (v Value) MarshalJSONTo(enc *jsontext.Encoder) error {
	return enc.WriteValue(v.appendJSON(nil))
}

func (v Value) appendJSON(b []byte) []byte {
	b = append(b, '{', '"')
	b = append(b, v.Kind.String()...)
	b = append(b, '"', ':')
	switch v.Kind {
	case S, N, B:
		b = appendScalar(b, v.Kind, v.Str)
	case BOOL:
		b = appendBool(b, v.Bool)
	case NULL:
		b = appendBool(b, true)
	case M:
		b = appendMap(b, v.Map)
	case L:
		b = append(b, '[')
		for i, x := range v.List {
			if i > 0 {
				b = append(b, ',')
			}
			b = x.appendJSON(b)
		}
		b = append(b, ']')
	default:
		b = append(b, '[')
		for i, m := range v.Set {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendScalar(b, v.ElementKind(), m)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, "true"...)
	}
	return append(b, "false"...)
}

func appendScalar(b []byte, kind Kind, s string) []byte {
	switch kind {
	case N:
		b = append(b, '"')
		b = append(b, s...)
		return append(b, '"')
	case B:
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, []byte(s))
		return append(b, '"')
	}
	b, _ = jsontext.AppendQuote(b, s) // its only error is invalid UTF-8, which the decoder has refused already
	return b
}

func appendMap(b []byte, m map[string]Value) []byte {
	b = append(b, '{')
	for i, name := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b = append(b, ',')
		}
		b, _ = jsontext.AppendQuote(b, name)
		b = append(b, ':')
		b = m[name].appendJSON(b)
	}
	return append(b, '}')
}
