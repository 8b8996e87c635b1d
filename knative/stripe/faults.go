package stripe

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"usher.example/knative/stripe/apierror"
)

// Effects of a fault. Without one, a fault only delays the call.
const (
	effectBefore = "before" // the call is not carried out
	effectAfter  = "after"  // it is carried out, and its answer lost
)

// Kinds of faults.
const (
	faultStatus = "status" // an error is answered
	faultHang   = "hang"   // nothing is answered until the caller gives up
	faultDrop   = "drop"   // the connection is cut
	faultDelay  = "delay"  // the call takes longer, with its idempotency key in use
)

// Limits of faults.
const (
	maxFaults = 100
	maxCount  = 1_000_000
	maxDelay  = 2 * time.Minute
)

// Fault makes the next Count calls go wrong.
type Fault struct {
	Operation string `json:"operation,omitempty"` // such as payment_intents.capture; empty means any
	Count     int    `json:"count"`
	Kind      string `json:"kind"`
	Status    int    `json:"status,omitempty"` // of faultStatus: 402, 409, 429, 500 …
	Effect    string `json:"effect,omitempty"`
	DelayMS   int    `json:"delay_ms,omitempty"` // before the call, or before the error
}

func (f *Fault) delay() time.Duration { return time.Duration(f.DelayMS) * time.Millisecond }

// check completes a fault with its defaults and tells what is wrong with it.
func (f *Fault) check() error {
	if f.Count == 0 {
		f.Count = 1
	}
	if f.Kind == "" {
		f.Kind = faultStatus
	}
	var names []string
	for _, op := range operations() {
		names = append(names, op.name)
	}
	switch {
	case f.Operation != "" && !slices.Contains(names, f.Operation):
		return fmt.Errorf("no operation is called %q; there are %s", f.Operation, strings.Join(names, ", "))
	case f.Count < 0 || f.Count > maxCount:
		return fmt.Errorf("count must be between 1 and %d", maxCount)
	case f.DelayMS < 0 || f.delay() > maxDelay:
		return fmt.Errorf("delay_ms must be between 0 and %d", maxDelay.Milliseconds())
	}
	switch f.Kind {
	case faultDelay:
		if f.Effect != "" || f.Status != 0 || f.DelayMS == 0 {
			return fmt.Errorf("a delay needs delay_ms, and has neither effect nor status")
		}
		return nil
	case faultStatus:
		if f.Status == 0 {
			f.Status = http.StatusInternalServerError
		}
		if f.Status < 400 || f.Status > 599 {
			return fmt.Errorf("status must be between 400 and 599")
		}
	case faultHang, faultDrop:
		if f.Status != 0 {
			return fmt.Errorf("only kind %q has a status", faultStatus)
		}
	default:
		return fmt.Errorf("kind must be one of %s, %s, %s, %s", faultStatus, faultHang, faultDrop, faultDelay)
	}
	if f.Effect == "" {
		f.Effect = effectBefore
	}
	if f.Effect != effectBefore && f.Effect != effectAfter {
		return fmt.Errorf("effect must be %s or %s", effectBefore, effectAfter)
	}
	return nil
}

// faults are the ones still to come, first come first.
type faults struct {
	mu   sync.Mutex
	list []Fault
}

// take uses one count of the first fault that is for the operation.
func (f *faults) take(operation string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.list {
		fault := f.list[i]
		if fault.Operation != "" && fault.Operation != operation {
			continue
		}
		if f.list[i].Count--; f.list[i].Count == 0 {
			f.list = slices.Delete(f.list, i, i+1)
		}
		return fault, true
	}
	return Fault{}, false
}

func (f *faults) add(fault Fault) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.list) >= maxFaults {
		return fmt.Errorf("there are %d faults already; DELETE them first", maxFaults)
	}
	f.list = append(f.list, fault)
	return nil
}

func (f *faults) all() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Fault{}, f.list...)
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// inflict lets a fault happen to a request.
func (d *Double) inflict(w http.ResponseWriter, r *http.Request, f Fault) {
	d.log.Warn("fault on purpose", "path", r.URL.Path, "kind", f.Kind, "status", f.Status, "effect", f.Effect)
	d.pause(r, f.delay())
	switch f.Kind {
	case faultHang:
		select {
		case <-r.Context().Done():
		case <-d.closed:
		}
		panic(http.ErrAbortHandler) // net/http's way to cut a connection; it is not logged
	case faultDrop:
		panic(http.ErrAbortHandler)
	}
	e := &apierror.Error{Status: f.Status, Type: apierror.TypeAPI, Message: "An error the test double was told to answer."}
	if f.Status == http.StatusTooManyRequests {
		e.Type, e.Code = apierror.TypeInvalid, "rate_limit"
		e.Message = "Request rate limit exceeded, as the test double was told to say."
	}
	body, err := json.Marshal(map[string]any{"error": e})
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(f.Status)
	_, _ = w.Write(body)
}

// pause waits, unless the caller leaves or the double closes.
func (d *Double) pause(r *http.Request, wait time.Duration) {
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	case <-d.closed:
	}
}
