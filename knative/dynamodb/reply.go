package dynamodb

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"usher.example/knative/dynamodb/internal/value"
)

// reply builds the JSON object that answers a request. Items are most of it and are stored in the form they are sent in,
// so they are copied in as they are.
type reply struct{ b []byte }

func newReply() *reply { return &reply{b: append(make([]byte, 0, 512), '{')} }

// name begins a member.
func (r *reply) name(name string) *reply {
	if last := r.b[len(r.b)-1]; last != '{' && last != '[' {
		r.b = append(r.b, ',')
	}
	r.b = append(r.b, '"')
	r.b = append(r.b, name...)
	r.b = append(r.b, '"', ':')
	return r
}

// key begins a member whose name needs quoting.
func (r *reply) key(name string) *reply {
	r.comma()
	r.b, _ = jsontext.AppendQuote(r.b, name) // its only error is invalid UTF-8, which names from requests do not have
	r.b = append(r.b, ':')
	return r
}

// comma separates the elements of an array.
func (r *reply) comma() *reply {
	if last := r.b[len(r.b)-1]; last != '[' && last != '{' {
		r.b = append(r.b, ',')
	}
	return r
}

func (r *reply) open(bracket byte) *reply  { r.b = append(r.b, bracket); return r }
func (r *reply) close(bracket byte) *reply { r.b = append(r.b, bracket); return r }
func (r *reply) raw(json []byte)           { r.b = append(r.b, json...) }
func (r *reply) int(n int) *reply          { r.b = strconv.AppendInt(r.b, int64(n), 10); return r }

func (r *reply) item(item value.Item) { r.b = item.AppendJSON(r.b) }

func (r *reply) string(s string) *reply {
	r.b, _ = jsontext.AppendQuote(r.b, s)
	return r
}

// units writes a number of capacity units: halves are the smallest.
func (r *reply) units(u float64) { r.b = strconv.AppendFloat(r.b, u, 'f', -1, 64) }

func (r *reply) end() []byte { return append(r.b, '}') }
