package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

// Record is a CloudEvent and what the Broker has to remember beside it.
type Record struct {
	Event event.Event
	// Headers are the HTTP headers that travel with the event and are no part of
	// it: trace context and pass-through headers.
	Headers http.Header
	// Retry is set in the retry lane.
	Retry *Retry
	// Parked is set in the parking lane.
	Parked *Parked
	// Settled marks parked records as replayed or dropped. A store cannot delete
	// one record, so the parking lane is a log that is folded by its reader.
	Settled *Settled
}

// Retry says for whom, and not before when, a delivery is to be tried again.
type Retry struct {
	Trigger string `json:"trigger"`
	// Attempt counts the attempts already made at the present destination.
	Attempt   int       `json:"attempt"`
	NotBefore time.Time `json:"notBefore"`
	// Failure is set once the subscriber was given up and the dead letter sink is
	// the destination.
	Failure *Failure `json:"failure,omitempty"`
}

// Failure is why a delivery was given up.
type Failure struct {
	Destination string `json:"destination"`
	// Code is the HTTP status of the last answer, 0 when there was none.
	Code int `json:"code,omitempty"`
	// Body is the start of the last answer's body.
	Body     []byte `json:"body,omitempty"`
	Reason   string `json:"reason"`
	Attempts int    `json:"attempts"`
}

// Parked is why and for whom an event lies in the parking lane.
type Parked struct {
	Trigger          string    `json:"trigger"`
	TriggerNamespace string    `json:"triggerNamespace"`
	TriggerName      string    `json:"triggerName"`
	At               time.Time `json:"at"`
	Failure          Failure   `json:"failure"`
	// Sink is why the dead letter sink did not take it; nil when there is none.
	Sink *Failure `json:"sink,omitempty"`
}

// Settled is a person's decision about parked records.
type Settled struct {
	Sequences []uint64  `json:"sequences"`
	How       string    `json:"how"`
	At        time.Time `json:"at"`
}

// recordVersion is the first byte of every encoded record, so that a later
// layout can be told apart.
const recordVersion = 1

// head is everything of a record but the event's data. Data follows it byte for
// byte: re-encoding it as JSON could change it.
type head struct {
	SpecVersion string         `json:"specversion"`
	ID          string         `json:"id"`
	Source      string         `json:"source"`
	Type        string         `json:"type"`
	Subject     string         `json:"subject,omitempty"`
	Time        *time.Time     `json:"time,omitempty"`
	DataSchema  string         `json:"dataschema,omitempty"`
	ContentType string         `json:"datacontenttype,omitempty"`
	Extensions  map[string]any `json:"extensions,omitempty"`
	Base64      bool           `json:"base64,omitempty"`
	NoData      bool           `json:"nodata,omitempty"`
	Headers     http.Header    `json:"headers,omitempty"`
	Retry       *Retry         `json:"retry,omitempty"`
	Parked      *Parked        `json:"parked,omitempty"`
	Settled     *Settled       `json:"settled,omitempty"`
}

// Encode turns a record into the bytes that are kept: the version byte, the
// length of the head, the head as JSON, and the data as it came.
func Encode(r *Record) ([]byte, error) {
	e := &r.Event
	h := head{
		Headers: r.Headers, Retry: r.Retry, Parked: r.Parked, Settled: r.Settled,
		NoData: e.DataEncoded == nil, Base64: e.DataBase64,
	}
	if e.Context != nil {
		h.SpecVersion, h.ID, h.Source, h.Type = e.SpecVersion(), e.ID(), e.Source(), e.Type()
		h.Subject, h.DataSchema, h.ContentType = e.Subject(), e.DataSchema(), e.DataContentType()
		if t := e.Time(); !t.IsZero() {
			h.Time = &t
		}
		h.Extensions = e.Extensions()
	}
	headJSON, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("encode event %q: %w", h.ID, err)
	}
	out := make([]byte, 0, 1+binary.MaxVarintLen32+len(headJSON)+len(e.DataEncoded))
	out = append(out, recordVersion)
	out = binary.AppendUvarint(out, uint64(len(headJSON)))
	out = append(out, headJSON...)
	return append(out, e.DataEncoded...), nil
}

// Decode is the inverse of Encode. The record's data refers to raw.
func Decode(raw []byte) (*Record, error) {
	if len(raw) == 0 || raw[0] != recordVersion {
		return nil, errors.New("not a record of this Broker")
	}
	n, width := binary.Uvarint(raw[1:])
	rest := raw[1:]
	if width <= 0 || n > uint64(len(rest)-width) {
		return nil, errors.New("the record's head is cut off")
	}
	rest = rest[width:]
	var h head
	if err := json.Unmarshal(rest[:n], &h); err != nil {
		return nil, fmt.Errorf("the record's head: %w", err)
	}
	r := &Record{Headers: h.Headers, Retry: h.Retry, Parked: h.Parked, Settled: h.Settled}
	if h.SpecVersion == "" {
		return r, nil
	}
	e, err := h.event()
	if err != nil {
		return nil, err
	}
	if !h.NoData {
		e.DataEncoded, e.DataBase64 = rest[n:], h.Base64
	}
	r.Event = *e
	return r, nil
}

func (h *head) event() (*event.Event, error) {
	e := event.New(h.SpecVersion)
	if e.Context == nil {
		return nil, fmt.Errorf("the record's specversion %q is unknown", h.SpecVersion)
	}
	e.SetID(h.ID)
	e.SetSource(h.Source)
	e.SetType(h.Type)
	if h.Subject != "" {
		e.SetSubject(h.Subject)
	}
	if h.Time != nil {
		e.SetTime(*h.Time)
	}
	if h.DataSchema != "" {
		e.SetDataSchema(h.DataSchema)
	}
	if h.ContentType != "" {
		e.SetDataContentType(h.ContentType)
	}
	for name, value := range h.Extensions {
		// CloudEvents integers are 32 bits; JSON gives them back as floats.
		if f, ok := value.(float64); ok && f == math.Trunc(f) && math.Abs(f) <= math.MaxInt32 {
			value = int32(f)
		}
		e.SetExtension(name, value)
	}
	for field, err := range e.FieldErrors {
		if err != nil {
			return nil, fmt.Errorf("the record's %s: %w", field, err)
		}
	}
	return &e, nil
}
