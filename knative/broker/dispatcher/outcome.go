package dispatcher

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"

	"github.com/cloudevents/sdk-go/v2/event"
	"knative.dev/eventing/pkg/broker"
	"knative.dev/eventing/pkg/kncloudevents/attributes"

	"usher.example/knative/broker/delivery"
	"usher.example/knative/broker/store"
)

// errLoop says that a reply chain has used up the Broker's patience.
var errLoop = errors.New("the reply has been through the Broker too often (knativebrokerttl used up)")

// permanent is whether storing would fail just the same the next time: whatever is
// not the store's being away.
func permanent(err error) bool {
	return !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled)
}

// keepReply stores the reply, if there is one, for all Triggers of the Broker to
// see. It takes one off the delivered event's time to live, so that two
// subscribers cannot answer each other for ever. Neither kept nor an error means
// that the process ended.
func (t *trigger) keepReply(cfg *config, j *job, out delivery.Outcome) (kept bool, err error) {
	if out.Reply == nil || j.failure != nil {
		return true, nil
	}
	ttl, ttlErr := broker.GetTTL(j.flight.record.Event.Context)
	if ttlErr != nil {
		ttl = store.InitialTTL
	}
	if ttl <= 1 {
		return false, errLoop
	}
	reply := out.Reply.Clone()
	if err := broker.SetTTL(reply.Context, ttl-1); err != nil {
		return false, err
	}
	headers := delivery.PassThrough(out.ReplyHeaders, &reply)
	for name, values := range j.flight.record.Headers {
		if _, set := headers[name]; set || headers.Get("traceparent") != "" && name == http.CanonicalHeaderKey("tracestate") {
			continue
		}
		if headers == nil {
			headers = http.Header{}
		}
		headers[name] = values
	}
	err = t.d.Store.Append(t.ctx, cfg.channel, &store.Record{Event: reply, Headers: headers})
	stored := err == nil
	if t.ctx.Err() != nil { // being stopped: whether it was stored, the next process finds out
		err = nil
	}
	return stored, err
}

// park keeps the undeliverable event, as it was accepted, with the reason.
func (t *trigger) park(cfg *config, j *job, failure *store.Failure) bool {
	parked := &store.Parked{
		Trigger: cfg.UID, TriggerNamespace: cfg.Namespace, TriggerName: cfg.Name,
		At: t.d.Now().UTC(), Failure: *failure,
	}
	if j.failure != nil {
		parked.Failure, parked.Sink = *j.failure, failure
	}
	record := &store.Record{Event: j.flight.record.Event, Headers: j.flight.record.Headers, Parked: parked}
	if !t.appendUntilKept(cfg.channel+store.ParkedSuffix, record) {
		return false
	}
	t.settled(cfg, "parked")
	return true
}

// hideTTL removes what only the Broker should see.
func hideTTL(e *event.Event) { _ = broker.DeleteTTL(e.Context) }

// explain adds why the event is a dead letter; all else stays as it was.
func explain(e *event.Event, f *store.Failure) {
	e.SetExtension(attributes.KnativeErrorDestExtensionKey, f.Destination)
	if f.Code != 0 {
		e.SetExtension(attributes.KnativeErrorCodeExtensionKey, f.Code)
	}
	data := base64.StdEncoding.EncodeToString(f.Body)
	if len(f.Body) > maxErrorData {
		data = base64.StdEncoding.EncodeToString(f.Body[:maxErrorData])
	}
	if data != "" {
		e.SetExtension(attributes.KnativeErrorDataExtensionKey, data)
	}
}

// maxErrorData is how many bytes of the answer fit knativeerrordata's 1024
// characters once they are base64.
const maxErrorData = attributes.KnativeErrorDataExtensionMaxLength / 4 * 3
