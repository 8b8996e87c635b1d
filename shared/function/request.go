package function

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"usher.example/shared/id"
	"usher.example/shared/problem"
	"usher.example/shared/session"
)

const (
	// maxBody bounds a request's body, in bytes.
	maxBody = 1 << 20
	// maxPage and defaultPage bound a page of a list, in items.
	maxPage     = 100
	defaultPage = 20
	// maxCursor bounds a cursor, in bytes.
	maxCursor = 256
)

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, problem.New(problem.TooLarge, "The request is larger than %d bytes.", maxBody)
	case err != nil:
		return nil, problem.New(problem.Invalid, "The request's body could not be read.").Because(err)
	}
	return body, nil
}

// User is who asks. Unauthenticated where nobody is signed in, Unavailable where it cannot be found out whether their session
// still holds.
func (r *Request) User() (session.User, error) {
	if r.stand(); r.failed != nil {
		return session.User{}, r.failed
	}
	if !r.signed {
		return session.User{}, session.Over()
	}
	return r.session, nil
}

// Viewer is who asks, if somebody is known to be signed in.
func (r *Request) Viewer() (u session.User, ok bool) {
	if r.stand(); !r.signed || r.failed != nil {
		return session.User{}, false
	}
	return r.session, true
}

// stand finds out whether the session still holds, once: who never asks who it is does not wait for that.
func (r *Request) stand() {
	if r.ask != nil {
		holds, err := r.ask()
		r.ask, r.failed, r.signed = nil, err, holds || err != nil
	}
}

// ID reads an id from the path. What cannot be an id is NotFound, as nothing has it.
func (r *Request) ID(name, what string) (string, error) {
	v := r.PathValue(name)
	if !id.Valid(v) {
		return "", problem.New(problem.NotFound, "There is no such %s.", what)
	}
	return v, nil
}

// Raw is the body as it came.
func (r *Request) Raw() []byte { return r.body }

// JSON reads the body into v, a pointer to a struct. camelCase spellings of top-level fields are taken for their
// snake_case. Malformed JSON, an unknown field, a wrong type and anything after the document are Invalid.
func (r *Request) JSON(v any) error {
	if !utf8.Valid(r.body) {
		return problem.New(problem.Invalid, "The body is not UTF-8.")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(r.body, &fields); err != nil || fields == nil {
		return badJSON(err)
	}
	for name, value := range fields {
		if snake := snakeCase(name); snake != name {
			if _, both := fields[snake]; both {
				return problem.Field(name, "%s and %s are the same field; send one of them.", name, snake)
			}
			delete(fields, name)
			fields[snake] = value
		}
	}
	normal, err := json.Marshal(fields)
	if err != nil {
		return badJSON(err)
	}
	d := json.NewDecoder(bytes.NewReader(normal))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return badJSON(err)
	}
	return nil
}

func badJSON(err error) error {
	var wrongType *json.UnmarshalTypeError
	var ours *problem.Error
	switch {
	case errors.As(err, &ours):
		return ours
	case err == nil || errors.As(err, &wrongType) && wrongType.Field == "":
		return problem.New(problem.Invalid, "The body must be a JSON object.").Because(err)
	case errors.As(err, &wrongType):
		return problem.Field(wrongType.Field, "%s cannot be a %s.", wrongType.Field, wrongType.Value).Because(err)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		field, _ := strconv.Unquote(name)
		return problem.Field(field, "%s is not a field of this request.", field)
	}
	return problem.New(problem.Invalid, "The body is not valid JSON: %s.", strings.TrimPrefix(err.Error(), "json: "))
}

// snakeCase turns ticketId into ticket_id; anything else stays.
func snakeCase(s string) string {
	var b strings.Builder
	for i, c := range s {
		if unicode.IsUpper(c) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// Page is the part of a list that is asked for.
type Page struct {
	Limit int    // 1 to 100
	After string // the last key of the page before; empty for the first page
}

// Page reads ?limit and ?cursor. valid says whether a cursor's content can be a key of the list.
func (r *Request) Page(valid func(key string) bool) (Page, error) {
	p := Page{Limit: defaultPage}
	q := r.URL.Query()
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > maxPage {
			return p, problem.Field("limit", "limit must be a whole number from 1 to %d.", maxPage)
		}
		p.Limit = n
	}
	if s := q.Get("cursor"); s != "" {
		key, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil || len(s) > maxCursor || !valid(string(key)) {
			return p, problem.Field("cursor", "cursor must be the next_cursor of an earlier page.")
		}
		p.After = string(key)
	}
	return p, nil
}

// Cursor makes the next_cursor of a page that ends with key.
func Cursor(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

// List is a page of a list.
type List[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor,omitempty"`
}

// NewList makes a page of at most limit items out of limit+1 that were asked for: one more says that there is a next page.
func NewList[T any](items []T, limit int, key func(T) string) List[T] {
	l := List[T]{Items: items}
	if len(items) > limit {
		l.Items = items[:limit]
		l.NextCursor = Cursor(key(items[limit-1]))
	}
	if l.Items == nil {
		l.Items = []T{}
	}
	return l
}

// VersionTag is the entity tag of an aggregate at a version.
func VersionTag(version int64) string { return fmt.Sprintf(`"%d"`, version) }

// IfMatch refuses a change of another version than the one the caller has seen, if it says which.
func (r *Request) IfMatch(etag string) error {
	if h := r.Header.Get("If-Match"); h != "" && !matches(h, etag) {
		return problem.New(problem.PreconditionFail, "It was changed meanwhile. Load it again and repeat your change.")
	}
	return nil
}
