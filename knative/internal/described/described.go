// Package described holds answers to the OpenAPI document: whoever gets one asks whether the document says that it can come,
// and in the end which of the answers that it describes never came.
package described

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/paths"
	"github.com/pb33f/libopenapi-validator/radix"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
	"github.com/pb33f/libopenapi/orderedmap"
)

// Answer is a kind of answer: of a route, such as "GET /api/orders/{id}", with a status.
type Answer struct {
	Route  string
	Status int
}

// String is "GET /api/orders/{id} 200".
func (a Answer) String() string { return a.Route + " " + strconv.Itoa(a.Status) }

// Document is an OpenAPI 3.1 document, and what was seen of what it describes. It is safe for concurrent use.
type Document struct {
	model   *v3.Document
	check   validator.Validator
	options *config.ValidationOptions

	mu   sync.Mutex
	seen map[Answer]int
}

// Parse reads a document.
func Parse(content []byte) (*Document, error) {
	doc, err := libopenapi.NewDocument(content)
	if err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	built, err := doc.BuildV3Model()
	if err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	d := &Document{model: &built.Model, seen: map[Answer]int{}}
	options := []config.Option{config.WithFormatAssertions(), config.WithPathTree(radix.BuildPathTree(d.model))}
	d.check = validator.NewValidatorFromV3Model(d.model, options...)
	d.options = config.NewValidationOptions(options...)
	return d, nil
}

// Check notes an answer, and says what is wrong with it: a status that the document does not give for its route, a media
// type that it does not give for the status, or a body or header that does not fit its schema. Addresses that the document
// does not have are nobody's to check.
func (d *Document) Check(r *http.Request, status int, header http.Header, body []byte) error {
	item, _, path := paths.FindPath(r, d.model, d.options)
	if item == nil || item.GetOperations().GetOrZero(strings.ToLower(r.Method)) == nil {
		return nil
	}
	answer := Answer{r.Method + " " + path, status}
	d.mu.Lock()
	d.seen[answer]++
	d.mu.Unlock()
	response := &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body))}
	_, wrong := d.check.GetResponseBodyValidator().ValidateResponseBodyWithPathItem(r, response, item, path)
	errs := make([]error, 0, len(wrong))
	for _, w := range wrong {
		detail := w.Message + ": " + w.Reason
		for _, s := range w.SchemaValidationErrors {
			detail += fmt.Sprintf("; at %q: %s", s.FieldPath, s.Reason)
		}
		errs = append(errs, fmt.Errorf("%s: %s", answer, detail))
	}
	described := item.GetOperations().GetOrZero(strings.ToLower(r.Method)).Responses.Codes.GetOrZero(strconv.Itoa(status))
	if described != nil && orderedmap.Len(described.Content) == 0 && len(body) > 0 { // the library looks only where a body is described
		errs = append(errs, fmt.Errorf("%s: a body of %d bytes where none is described", answer, len(body)))
	}
	return errors.Join(errs...)
}

// Answers are all that the document describes, in order.
func (d *Document) Answers() (all []Answer) {
	for path, item := range d.model.Paths.PathItems.FromOldest() {
		for method, operation := range item.GetOperations().FromOldest() {
			for code := range operation.Responses.Codes.FromOldest() {
				status, err := strconv.Atoi(code)
				if err != nil {
					continue // a range such as 5XX says nothing of one status
				}
				all = append(all, Answer{strings.ToUpper(method) + " " + path, status})
			}
		}
	}
	slices.SortFunc(all, func(a, b Answer) int { return cmp.Or(cmp.Compare(a.Route, b.Route), a.Status-b.Status) })
	return all
}

// Unseen are the answers that the document describes and that never came.
func (d *Document) Unseen() (missing []Answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.Answers() {
		if d.seen[a] == 0 {
			missing = append(missing, a)
		}
	}
	return missing
}

// Transport hands requests on and checks the answers. What is wrong is told to Wrong; the answer is passed on all the same.
type Transport struct {
	Document *Document
	Wrong    func(error)
	Ignore   int               // a status that is not checked, as others than the API's server give it; 0 is none
	Base     http.RoundTripper // nil: http.DefaultTransport
}

// RoundTrip implements http.RoundTripper.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	base := t.Base
	if base == nil {
		base = http.DefaultTransport
	}
	resp, err := base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if resp.StatusCode == t.Ignore {
		return resp, nil
	}
	if wrong := t.Document.Check(r, resp.StatusCode, resp.Header, body); wrong != nil {
		t.Wrong(wrong)
	}
	return resp, nil
}
