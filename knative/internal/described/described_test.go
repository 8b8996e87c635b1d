package described

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const document = `{
"openapi": "3.1.0", "info": {"title": "T", "version": "1"},
"paths": {
  "/things/mine": {"get": {"responses": {"200": {"description": "All"}}}},
  "/things/{id}": {
    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
    "get": {"responses": {
      "200": {"description": "One", "headers": {"ETag": {"required": true, "schema": {"type": "string"}}}, "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}},
        "image/png": {"schema": {"type": "string", "format": "binary"}}}},
      "304": {"description": "The same"}}},
    "delete": {"responses": {"204": {"description": "Gone"}, "5XX": {"description": "Never"}}}}},
"components": {"schemas": {"Thing": {"type": "object", "required": ["id"], "additionalProperties": false, "properties": {
  "id": {"type": "string", "format": "uuid"}, "at": {"type": ["string", "null"], "format": "date-time"}}}}}}`

const good = `{"id":"0198c0de-7a11-7c3e-9d8b-2f6a4e1b7c90"}`

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		method, path string
		status       int
		contentType  string
		body         string
		want         string // part of what is wrong; empty: nothing
	}{
		"OK":                 {"GET", "/things/1", 200, "application/json", good, ""},
		"OK/Parameters":      {"GET", "/things/1?x=1", 200, "application/json; charset=utf-8", good, ""},
		"OK/Null":            {"GET", "/things/1", 200, "application/json", `{"id":"0198c0de-7a11-7c3e-9d8b-2f6a4e1b7c90","at":null}`, ""},
		"OK/Picture":         {"GET", "/things/1", 200, "image/png", "\x89PNG", ""},
		"OK/NoBody":          {"GET", "/things/1", 304, "", "", ""},
		"OK/OtherAddress":    {"GET", "/nothing", 404, "text/plain", "no", ""},
		"OK/OtherMethod":     {"PATCH", "/things/1", 405, "text/plain", "no", ""},
		"OK/LiteralFirst":    {"GET", "/things/mine", 200, "", "", ""},
		"UndescribedStatus":  {"GET", "/things/1", 418, "application/json", good, "418"},
		"UndescribedType":    {"GET", "/things/1", 200, "text/html", good, "text/html"},
		"MissingField":       {"GET", "/things/1", 200, "application/json", `{}`, "id"},
		"UndescribedField":   {"GET", "/things/1", 200, "application/json", strings.Replace(good, "{", `{"x":1,`, 1), "x"},
		"WrongFormat":        {"GET", "/things/1", 200, "application/json", `{"id":"1"}`, "uuid"},
		"WrongFormat/Time":   {"GET", "/things/1", 200, "application/json", strings.Replace(good, "{", `{"at":"today",`, 1), "date-time"},
		"NotJSON":            {"GET", "/things/1", 200, "application/json", `{`, "decoded"},
		"BodyWhereThereNone": {"DELETE", "/things/1", 204, "application/json", good, "none is described"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Parse([]byte(document))
			if err != nil {
				t.Fatal(err)
			}
			header := http.Header{"Etag": {`"1"`}}
			if c.contentType != "" {
				header.Set("Content-Type", c.contentType)
			}
			err = d.Check(httptest.NewRequest(c.method, c.path, nil), c.status, header, []byte(c.body))
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// What came is no longer missed, and nothing else.
func TestUnseen(t *testing.T) {
	d, err := Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		http.Error(w, "no", http.StatusTeapot)
	}))
	defer server.Close()
	var wrong []error
	client := &http.Client{Transport: Transport{Document: d, Wrong: func(err error) { wrong = append(wrong, err) }}}
	for _, method := range []string{"DELETE", "GET"} {
		req, err := http.NewRequest(method, server.URL+"/things/1", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	if len(wrong) != 1 || !strings.Contains(wrong[0].Error(), "GET /things/{id} 418") {
		t.Errorf("wrong: %v", wrong)
	}
	if got, want := fmt.Sprint(d.Unseen()), "[GET /things/mine 200 GET /things/{id} 200 GET /things/{id} 304]"; got != want {
		t.Errorf("unseen %s, want %s", got, want)
	}
}
