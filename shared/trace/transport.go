package trace

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

// transport records the requests that a function makes.
type transport struct {
	base   http.RoundTripper
	system string
}

// Transport records each request as a call to system, where its context is that of recorded work.
func Transport(system string, base http.RoundTripper) http.RoundTripper {
	return transport{base, system}
}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !recorded(r.Context()) {
		return t.base.RoundTrip(r)
	}
	name, what := t.system+" "+r.Method, map[string]any{"peer.service": t.system, "url.path": r.URL.Path}
	if _, action, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		r, what = tableOf(r)
		what["db.system.name"], what["db.operation.name"] = "dynamodb", action
		name = t.system + " " + action
	}
	_, end := Call(r.Context(), name, Client, what)
	resp, err := t.base.RoundTrip(r)
	switch {
	case err != nil:
		end(err)
	case resp.StatusCode >= http.StatusInternalServerError:
		end(errors.New(resp.Status))
	default: // a refusal, such as that of a conditional write, is an answer
		end(nil)
	}
	return resp, err
}

// tableOf says which table a request to DynamoDB is about, and which index of it. It reads the body, so it returns a request that has it still.
func tableOf(r *http.Request) (same *http.Request, what map[string]any) {
	what = map[string]any{}
	if r.Body == nil {
		return r, what
	}
	body, err := io.ReadAll(r.Body)
	_ = r.Body.Close() // read to its end, or broken: then the store says so
	same = r.Clone(r.Context())
	same.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
	var in struct {
		TableName, IndexName string
		RequestItems         map[string]json.RawMessage
	}
	if json.Unmarshal(body, &in) != nil {
		return same, what
	}
	for table := range in.RequestItems { // ours are of one table
		in.TableName = table
	}
	what["db.collection.name"] = in.TableName
	if in.IndexName != "" {
		what["aws.dynamodb.index_name"] = in.IndexName
	}
	return same, what
}

// failing is what is left of a body that could not be read: its error, or its end.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}
