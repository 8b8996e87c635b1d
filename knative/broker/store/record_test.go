package store_test

import (
	"bytes"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"usher.example/knative/broker/store"
)

func full(version string) event.Event {
	e := event.New(version)
	e.SetID("id 1")
	e.SetSource("/s?x=1")
	e.SetType("t")
	e.SetSubject("sub")
	e.SetTime(time.Date(2026, 1, 2, 3, 4, 5, 678900000, time.UTC))
	e.SetDataSchema("http://x/y#z")
	e.SetDataContentType("application/json; charset=utf-8")
	e.SetExtension("text", "x")
	e.SetExtension("number", 5)
	e.SetExtension("negative", -2147483648)
	e.SetExtension("flag", true)
	e.DataEncoded = []byte(" {\"a\" : 1}\n\x00")
	return e
}

func TestRecordsComeBackUnchanged(t *testing.T) {
	bare := event.New()
	bare.SetID("1")
	bare.SetSource("/s")
	bare.SetType("t")
	empty := bare.Clone()
	empty.DataEncoded = []byte{}
	binaryData := bare.Clone()
	binaryData.DataEncoded, binaryData.DataBase64 = []byte{0, 255}, true
	at := time.Date(2026, 1, 1, 0, 0, 0, 5, time.UTC)
	failure := store.Failure{Destination: "http://x", Code: 500, Body: []byte("b"), Reason: "r", Attempts: 3}
	for name, r := range map[string]store.Record{
		"everything":  {Event: full("1.0"), Headers: http.Header{"Traceparent": {"a"}}},
		"version 0.3": {Event: full("0.3")},
		"no data":     {Event: bare},
		"binary data": {Event: binaryData},
		"a retry":     {Event: bare, Retry: &store.Retry{Trigger: "t", Attempt: 2, NotBefore: at, Failure: &failure}},
		"parked":      {Event: full("1.0"), Parked: &store.Parked{Trigger: "t", TriggerName: "n", At: at, Failure: failure, Sink: &failure}},
		"a decision":  {Settled: &store.Settled{Sequences: []uint64{1, 2}, How: "dropped", At: at}},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := store.Encode(&r)
			if err != nil {
				t.Fatal(err)
			}
			back, err := store.Decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			if r.Event.Context == nil {
				if back.Event.Context != nil {
					t.Error("an event came from nowhere")
				}
			} else if got, want := back.Event.String(), r.Event.String(); got != want {
				t.Errorf("the event came back as\n%s\nwas\n%s", got, want)
			}
			if !bytes.Equal(back.Event.Data(), r.Event.Data()) || back.Event.DataBase64 != r.Event.DataBase64 {
				t.Errorf("the data came back as %q", back.Event.Data())
			}
			if r.Event.Context != nil && !reflect.DeepEqual(back.Event.Extensions(), r.Event.Extensions()) {
				t.Errorf("extensions came back as %#v", back.Event.Extensions())
			}
			if !reflect.DeepEqual(back.Headers, r.Headers) || !reflect.DeepEqual(back.Retry, r.Retry) ||
				!reflect.DeepEqual(back.Parked, r.Parked) || !reflect.DeepEqual(back.Settled, r.Settled) {
				t.Errorf("came back as %+v", back)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	raw, _ := store.Encode(&store.Record{Event: full("1.0")})
	f.Add(raw)
	f.Add([]byte{1})
	f.Add([]byte{1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Add([]byte("\x01\x02{}data"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := store.Decode(raw)
		if err != nil {
			return
		}
		if _, err := store.Encode(r); err != nil {
			t.Errorf("what was decoded cannot be encoded: %v", err)
		}
	})
}
