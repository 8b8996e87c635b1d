package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

// ErrNoEvent says that a message holds no CloudEvent at all, as against a broken one.
var ErrNoEvent = errors.New("not a CloudEvent: neither ce-specversion nor a content type of application/cloudevents+json")

// ReadEvent reads the one CloudEvent in an HTTP message, in binary or structured
// mode, and checks that it is complete. Errors: ErrNoEvent, or what is wrong.
func ReadEvent(ctx context.Context, header http.Header, body io.ReadCloser) (e *event.Event, err error) {
	defer func() {
		if r := recover(); r != nil { // the SDK's parser panics on some malformed JSON
			e, err = nil, fmt.Errorf("malformed CloudEvent: %v", r)
		}
	}()
	m := cehttp.NewMessage(header, body)
	switch m.ReadEncoding() {
	case binding.EncodingUnknown:
		if v := header.Get("ce-specversion"); v != "" {
			return nil, fmt.Errorf("specversion %q is not supported; use 1.0", v)
		}
		return nil, ErrNoEvent
	case binding.EncodingBatch:
		return nil, errors.New("batches are not supported; send one event per request")
	}
	e, err = binding.ToEvent(ctx, m)
	if err != nil {
		return nil, fmt.Errorf("malformed CloudEvent: %w", err)
	}
	if err := e.Validate(); err != nil {
		return nil, fmt.Errorf("incomplete CloudEvent: %w", err)
	}
	return e, nil
}

// writeEvent puts the event into the request, in structured or binary mode.
func writeEvent(req *http.Request, e *event.Event, structured bool) error {
	ctx := req.Context()
	if structured {
		ctx = binding.WithForceStructured(ctx)
		if clean := e.Clone(); !fitsJSON(e) {
			clean.DataBase64 = true
			e = &clean
		}
	} else {
		ctx = binding.WithForceBinary(ctx)
	}
	if err := cehttp.WriteRequest(ctx, binding.ToMessage(e), req); err != nil {
		return err
	}
	for name, values := range req.Header {
		if !strings.HasPrefix(name, "Ce-") {
			continue
		}
		for i := range values {
			values[i] = headerSafe(values[i])
		}
	}
	return nil
}

// fitsJSON is whether the data can stand in a JSON document unharmed: as JSON if
// its type says so, as a string otherwise. What cannot goes as base64.
func fitsJSON(e *event.Event) bool {
	mediaType, _, err := mime.ParseMediaType(e.DataContentType())
	if err != nil && e.DataContentType() != "" {
		return false
	}
	if mediaType == "" || strings.HasSuffix(mediaType, "/json") || strings.HasSuffix(mediaType, "+json") {
		return json.Valid(e.Data())
	}
	return utf8.Valid(e.Data())
}

// headerSafe percent-encodes what an HTTP header cannot hold, as the CloudEvents
// HTTP binding says. '%' itself stays: values that came in headers are passed on
// as they came.
func headerSafe(value string) string {
	clean := true
	for i := 0; i < len(value); i++ {
		if value[i] < ' ' || value[i] >= 0x7f {
			clean = false
			break
		}
	}
	if clean {
		return value
	}
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if c := value[i]; c < ' ' || c >= 0x7f {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
