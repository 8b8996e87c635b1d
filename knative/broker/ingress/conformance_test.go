package ingress_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/contract"
	"usher.example/knative/broker/store"
)

// gate is a store whose appends can be watched and made to fail.
type gate struct {
	store.Store
	mu     sync.Mutex
	append func(next func() error) error
}

func (g *gate) Append(ctx context.Context, channel string, r *store.Record) error {
	g.mu.Lock()
	around := g.append
	g.mu.Unlock()
	next := func() error { return g.Store.Append(ctx, channel, r) }
	if around == nil {
		return next()
	}
	return around(next)
}

func (g *gate) around(f func(next func() error) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.append = f
}

// request sends raw headers and body; headers are "Name: value".
func request(t *testing.T, method, url, body string, headers ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

var binaryHeaders = []string{"ce-specversion: 1.0", "ce-id: 1", "ce-source: /s", "ce-type: t", "Content-Type: application/json"}

// without leaves out the header of that name.
func without(name string) []string {
	var out []string
	for _, h := range binaryHeaders {
		if !strings.HasPrefix(h, name+":") {
			out = append(out, h)
		}
	}
	return out
}

func want(t *testing.T, resp *http.Response, status int) {
	t.Helper()
	if resp.StatusCode != status {
		body, _ := io.ReadAll(resp.Body)
		t.Fatalf("answered %d (%s), want %d", resp.StatusCode, strings.TrimSpace(string(body)), status)
	}
}

func TestIngressMethods(t *testing.T) {
	b := brokertest.Start(t, brokertest.Options{}).Broker(t)
	t.Run("I1 POST is accepted", func(t *testing.T) {
		want(t, request(t, http.MethodPost, b.URL, `{}`, binaryHeaders...), http.StatusAccepted)
	})
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodHead} {
		t.Run("I1 "+method+" is refused with Allow", func(t *testing.T) {
			resp := request(t, method, b.URL, "", binaryHeaders...)
			want(t, resp, http.StatusMethodNotAllowed)
			if got := resp.Header.Get("Allow"); got != "POST, OPTIONS" {
				t.Errorf("Allow is %q", got)
			}
		})
	}
	t.Run("I1 OPTIONS is answered", func(t *testing.T) {
		want(t, request(t, http.MethodOptions, b.URL, ""), http.StatusOK)
	})
	t.Run("I4 unknown Brokers are not found", func(t *testing.T) {
		for _, path := range []string{"/test/nobody", "/test", "/", "/test/a/b", strings.ToUpper(strings.TrimPrefix(b.URL, "http://"))} {
			url := b.URL[:strings.Index(b.URL, "/test/")] + "/" + strings.TrimPrefix(path, "/")
			want(t, request(t, http.MethodPost, url, `{}`, binaryHeaders...), http.StatusNotFound)
		}
	})
}

func TestIngressModes(t *testing.T) {
	rig := brokertest.Start(t, brokertest.Options{})
	structured := func(fields string) string {
		return `{"specversion":"1.0","id":"1","source":"/s","type":"t"` + fields + `}`
	}
	const ceJSON = "Content-Type: application/cloudevents+json"
	for _, tc := range []struct {
		name, body string
		headers    []string
		check      func(t *testing.T, r brokertest.Received)
	}{
		{"I2 binary mode with JSON", `{"a": 1 }`, binaryHeaders, func(t *testing.T, r brokertest.Received) {
			if string(r.Body) != `{"a": 1 }` {
				t.Errorf("data came as %q", r.Body)
			}
		}},
		{"I2 binary mode with malformed JSON stays as it is", `{"a":`, binaryHeaders, func(t *testing.T, r brokertest.Received) {
			if string(r.Body) != `{"a":` {
				t.Errorf("data came as %q", r.Body)
			}
		}},
		{"I2 binary mode with XML", "<a/>", append(without("Content-Type"), "Content-Type: application/xml; charset=utf-8"), func(t *testing.T, r brokertest.Received) {
			if string(r.Body) != "<a/>" || r.Header.Get("Content-Type") != "application/xml; charset=utf-8" {
				t.Errorf("came as %q of type %q", r.Body, r.Header.Get("Content-Type"))
			}
		}},
		{"I2 binary mode without data", "", without("Content-Type"), func(t *testing.T, r brokertest.Received) {
			if len(r.Body) != 0 {
				t.Errorf("data came as %q", r.Body)
			}
		}},
		{"I2 structured mode with JSON", structured(`,"datacontenttype":"application/json","data":{"a":[1]}`), []string{ceJSON}, func(t *testing.T, r brokertest.Received) {
			if string(r.Body) != `{"a":[1]}` {
				t.Errorf("data came as %q", r.Body)
			}
		}},
		{"I2 structured mode with base64", structured(`,"datacontenttype":"application/octet-stream","data_base64":"AAH/"`), []string{ceJSON + "; charset=utf-8"}, func(t *testing.T, r brokertest.Received) {
			if !bytes.Equal(r.Body, []byte{0, 1, 255}) {
				t.Errorf("data came as %v", r.Body)
			}
		}},
		{"I2 the version is never upgraded", "{}", append(without("ce-specversion"), "ce-specversion: 0.3"), func(t *testing.T, r brokertest.Received) {
			if got := r.Header.Get("ce-specversion"); got != "0.3" {
				t.Errorf("specversion came as %q", got)
			}
		}},
		{"I8 attributes and extensions arrive unchanged", structured(`,"subject":"su","time":"2026-01-02T03:04:05.678Z","dataschema":"http://x/y","anint":5,"abool":true,"astring":"x y","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"`), []string{ceJSON}, func(t *testing.T, r brokertest.Received) {
			for name, value := range map[string]string{
				"ce-subject": "su", "ce-time": "2026-01-02T03:04:05.678Z", "ce-dataschema": "http://x/y", "ce-anint": "5", "ce-abool": "true", "ce-astring": "x y",
				"ce-traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
			} {
				if got := r.Header.Get(name); got != value {
					t.Errorf("%s came as %q, want %q", name, got, value)
				}
			}
		}},
		{"I8 what a header cannot hold is percent-encoded", structured(`,"subject":"Grüße"`), []string{ceJSON}, func(t *testing.T, r brokertest.Received) {
			if got := r.Header.Get("ce-subject"); got != "Gr%C3%BC%C3%9Fe" {
				t.Errorf("subject came as %q", got)
			}
		}},
		{"I8 a body of 36 KB passes", strings.Repeat("x", 36<<10), binaryHeaders, func(t *testing.T, r brokertest.Received) {
			if len(r.Body) != 36<<10 {
				t.Errorf("%d bytes came", len(r.Body))
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sub := brokertest.NewSubscriber(t, nil)
			b := rig.Broker(t, contract.Trigger{Subscriber: sub.URL})
			want(t, request(t, http.MethodPost, b.URL, tc.body, tc.headers...), http.StatusAccepted)
			tc.check(t, sub.Wait(t, 1)[0])
		})
	}
}

func TestIngressRefusals(t *testing.T) {
	b := brokertest.Start(t, brokertest.Options{}).Broker(t)
	for _, tc := range []struct {
		name, body string
		headers    []string
		status     int
	}{
		{"I3 no id", "{}", without("ce-id"), http.StatusBadRequest},
		{"I3 no source", "{}", without("ce-source"), http.StatusBadRequest},
		{"I3 no type", "{}", without("ce-type"), http.StatusBadRequest},
		{"I3 no specversion", "{}", without("ce-specversion"), http.StatusBadRequest},
		{"I3 unknown specversion", "{}", append(without("ce-specversion"), "ce-specversion: 19.0"), http.StatusBadRequest},
		{"I3 unparsable time", "{}", append(without(""), "ce-time: yesterday"), http.StatusBadRequest},
		{"I3 structured, no JSON", "hello", []string{"Content-Type: application/cloudevents+json"}, http.StatusBadRequest},
		{"I3 structured, no id", `{"specversion":"1.0","source":"/s","type":"t"}`, []string{"Content-Type: application/cloudevents+json"}, http.StatusBadRequest},
		{"I3 structured, broken base64", `{"specversion":"1.0","id":"1","source":"/s","type":"t","data_base64":5}`, []string{"Content-Type: application/cloudevents+json"}, http.StatusBadRequest},
		{"I3 structured, base64 before the version", `{"data_base64":5,"specversion":"1.0","id":"1","source":"/s","type":"t"}`, []string{"Content-Type: application/cloudevents+json"}, http.StatusBadRequest},
		{"I3 batch", `[]`, []string{"Content-Type: application/cloudevents-batch+json"}, http.StatusBadRequest},
		{"I3 empty request", "", nil, http.StatusBadRequest},
		{"I6 larger than the store takes", strings.Repeat("x", store.MaxRecordBytes+1), binaryHeaders, http.StatusRequestEntityTooLarge},
		{"I6 too large with its attributes", strings.Repeat("x", store.MaxRecordBytes-10), binaryHeaders, http.StatusRequestEntityTooLarge},
		{"I7 loop protection used up", "{}", append(without(""), "ce-knativebrokerttl: 1"), http.StatusBadRequest},
		{"I7 loop protection negative", "{}", append(without(""), "ce-knativebrokerttl: -5"), http.StatusBadRequest},
		{"I7 loop protection no number", "{}", append(without(""), "ce-knativebrokerttl: many"), http.StatusBadRequest},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want(t, request(t, http.MethodPost, b.URL, tc.body, tc.headers...), tc.status)
		})
	}
}

func TestIngressDurability(t *testing.T) {
	g := &gate{}
	rig := brokertest.Start(t, brokertest.Options{Wrap: func(s store.Store) store.Store { g.Store = s; return g }})
	sub := brokertest.NewSubscriber(t, nil)
	b := rig.Broker(t, contract.Trigger{Subscriber: sub.URL})

	t.Run("I5 202 comes only after the append", func(t *testing.T) {
		appended, proceed := make(chan struct{}), make(chan struct{})
		g.around(func(next func() error) error {
			close(appended)
			<-proceed
			return next()
		})
		answered := make(chan int, 1)
		go func() { answered <- b.Send(t, brokertest.NewEvent("i5", "t")) }()
		<-appended
		select {
		case status := <-answered:
			t.Fatalf("answered %d before the append", status)
		default:
		}
		close(proceed)
		if status := <-answered; status != http.StatusAccepted {
			t.Fatalf("answered %d", status)
		}
		g.around(nil)
	})
	t.Run("I6 the store is down", func(t *testing.T) {
		g.around(func(func() error) error { return store.ErrUnavailable })
		defer g.around(nil)
		resp := request(t, http.MethodPost, b.URL, "{}", binaryHeaders...)
		want(t, resp, http.StatusServiceUnavailable)
		if resp.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	})
	t.Run("I6 overload is refused with 429", func(t *testing.T) {
		proceed := make(chan struct{})
		g.around(func(func() error) error { <-proceed; return nil }) // a store that is slow and then well
		defer g.around(nil)
		statuses := make(chan int)
		const senders = 80 // of 1 MiB less a bit: more than the bytes that may be at work
		big := brokertest.NewEvent("big", "t")
		big.DataEncoded = bytes.Repeat([]byte("x"), store.MaxRecordBytes-4096)
		for range senders {
			go func() { statuses <- b.Send(t, big) }()
		}
		if status := <-statuses; status != http.StatusTooManyRequests {
			t.Errorf("the first answer under overload is %d", status)
		}
		close(proceed)
		accepted := 0
		for range senders - 1 {
			if <-statuses == http.StatusAccepted {
				accepted++
			}
		}
		if accepted < 60 {
			t.Errorf("only %d of the waiting were accepted", accepted)
		}
	})
}

func TestIngressLoopsAndDuplicates(t *testing.T) {
	var mu sync.Mutex
	var ttls []string
	rig := brokertest.Start(t, brokertest.Options{Wrap: func(s store.Store) store.Store {
		return &recorder{Store: s, seen: func(r *store.Record) {
			mu.Lock()
			ttls = append(ttls, fmt.Sprint(r.Event.Extensions()["knativebrokerttl"]))
			mu.Unlock()
		}}
	}})
	sub := brokertest.NewSubscriber(t, nil)
	b := rig.Broker(t, contract.Trigger{Subscriber: sub.URL})
	t.Run("I7 the time to live starts at 255 and goes down", func(t *testing.T) {
		b.MustSend(t, brokertest.NewEvent("fresh", "t"))
		old := brokertest.NewEvent("old", "t")
		old.SetExtension("knativebrokerttl", 7)
		b.MustSend(t, old)
		sub.Wait(t, 2)
		mu.Lock()
		defer mu.Unlock()
		if got, want := fmt.Sprint(ttls), "[255 6]"; got != want {
			t.Errorf("stored with %s, want %s", got, want)
		}
	})
	t.Run("I9 events with the same id are all delivered", func(t *testing.T) {
		before := len(sub.Got())
		a, again := brokertest.NewEvent("same", "t"), brokertest.NewEvent("same", "t")
		again.SetSource("/another")
		b.MustSend(t, a, a, again)
		sub.Wait(t, before+3)
	})
}

// recorder shows every appended record.
type recorder struct {
	store.Store
	seen func(*store.Record)
}

func (r *recorder) Append(ctx context.Context, channel string, rec *store.Record) error {
	r.seen(rec)
	return r.Store.Append(ctx, channel, rec)
}

func FuzzStructuredRequest(f *testing.F) {
	rig := brokertest.Start(f, brokertest.Options{})
	b := rig.Broker(f)
	for _, seed := range []string{
		`{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{}}`,
		`{"specversion":"1.0","id":"1","source":"/s","type":"t","data_base64":"="}`,
		`{"data_base64":1,"specversion":"1.0"}`, `{"specversion":"0.3"}`, `[]`, `{`, ``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		resp := request(t, http.MethodPost, b.URL, body, "Content-Type: application/cloudevents+json")
		switch resp.StatusCode {
		case http.StatusAccepted:
			if !json.Valid([]byte(body)) {
				t.Errorf("accepted %q", body)
			}
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		default:
			t.Errorf("%q was answered %d", body, resp.StatusCode)
		}
	})
}
