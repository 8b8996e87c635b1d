package apifuzz_test

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"usher.example/knative/internal/apifuzz"
)

func document(t *testing.T) *apifuzz.Document {
	t.Helper()
	content, err := os.ReadFile("../../../ui/openapi/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	d, err := apifuzz.Parse(content)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The same seed makes the same requests, and every operation is asked.
func TestSeed(t *testing.T) {
	d := document(t)
	a, b, other := apifuzz.NewGenerator(d, 7), apifuzz.NewGenerator(d, 7), apifuzz.NewGenerator(d, 8)
	asked, differs := map[string]bool{}, false
	for range 5000 {
		r := a.Next()
		if !reflect.DeepEqual(r, b.Next()) {
			t.Fatal("one seed makes two requests")
		}
		differs = differs || !reflect.DeepEqual(r, other.Next())
		asked[r.Operation] = true
		if strings.ContainsAny(r.Path, " \n") || r.Path[0] != '/' {
			t.Errorf("path %q", r.Path)
		}
	}
	if !differs {
		t.Error("another seed makes the same requests")
	}
	for _, o := range d.Operations {
		if !asked[o.Name()] || len(o.Statuses) == 0 {
			t.Errorf("%s: asked %v, statuses %v", o.Name(), asked[o.Name()], o.Statuses)
		}
	}
}

// A request is the same after it was kept as JSON.
func TestRequestAsJSON(t *testing.T) {
	g := apifuzz.NewGenerator(document(t), 1)
	for range 2000 {
		r := g.Next()
		content, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back apifuzz.Request
		if err := json.Unmarshal(content, &back); err != nil {
			t.Fatal(err)
		}
		if string(back.Body) != string(r.Body) || back.Path != r.Path || back.Method() != r.Method() {
			t.Fatalf("%q is kept as %s", r.Body, content)
		}
	}
}

func TestFillAndCurl(t *testing.T) {
	r := apifuzz.Request{
		Operation: "POST /api/orders", Path: "/api/orders/{{order}}?cursor={{cursor}}", Headers: map[string]string{"If-Match": "{{etag}}"}, Body: apifuzz.Body(`{"ticket_id":"{{ticket}}","o'clock":1}`),
	}
	filled := r.Fill(func(kind string) string { return `"` + kind[:1] + `"` })
	got := filled.Curl("http://x", "token")
	want := `curl -i --path-as-is -X POST 'http://x/api/orders/%22o%22?cursor=%22c%22' -H 'Cookie: session=token' -H 'If-Match: "e"' --data-raw '{"ticket_id":""t"","o'\''clock":1}'`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	binary := apifuzz.Request{Operation: "POST /x", Path: "/x", Body: apifuzz.Body("\xff")}
	if got := binary.Curl("http://x", ""); got != `echo /w== | base64 -d | curl -i --path-as-is -X POST 'http://x/x' --data-binary @-` {
		t.Errorf("got %s", got)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"", "[]", "{}", `{"paths":{"/x":{"get":1}}}`, `{"paths":{"/x":{"parameters":1}}}`, `{"paths":{"/x":{"get":{"responses":{"default":{}}}}}}`} {
		if d, err := apifuzz.Parse([]byte(s)); err == nil {
			t.Errorf("%q is %+v", s, d)
		}
	}
}
