package function

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"usher.example/events"
	"usher.example/shared/caller"
	"usher.example/shared/metrics"
	"usher.example/shared/problem"
	"usher.example/shared/publish"
	"usher.example/shared/trace"
)

// ofOrders begins the types of events about an order: what follows from them belongs to its trace.
const ofOrders = "usher.order."

// EventHandler handles one event. What it returns is its reply: the Broker stores it before the event counts as
// handled (P5), so a reply needs no outbox. nil is no reply.
//
// It must be idempotent: the event comes again when its answer is lost, and then the reply is due again.
type EventHandler func(ctx context.Context, e cloudevents.Event) (reply events.Snapshot, err error)

// Event makes an EventHandler, once per process. It fails where a setting is wrong.
type Event func(env *Env) (EventHandler, error)

// ServeEvents runs a function that the Broker calls, and nobody else, until SIGTERM. It does not return.
func ServeEvents(build Event) {
	run(func(p process) (http.Handler, error) {
		env, err := fromProcess(p, false)
		if err != nil {
			return nil, err
		}
		handler, err := NewEvents(build, env)
		if err != nil {
			return nil, err
		}
		return forBroker(handler, env)
	})
}

// forBroker lets through what the Broker delivers to this function, and answers all else with 401 (P8).
func forBroker(handler http.Handler, env *Env) (http.Handler, error) {
	keys, err := caller.ParseKeys(env.Getenv(caller.Setting))
	if err != nil {
		return nil, err
	}
	name := env.Getenv("K_SERVICE")
	if name == "" {
		return nil, errors.New("K_SERVICE must say the function's name, as Knative does: deliveries are signed for it")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := env.Now()
		if err := keys.Check(r, name, start); err != nil {
			env.count(ofBroker, http.StatusUnauthorized, start)
			requestLog(r.Context(), env.Log, r).Warn("not from the Broker", "from", r.RemoteAddr, "error", err.Error())
			w.Header().Set("WWW-Authenticate", "Bearer")
			problem.Write(w, err)
			return
		}
		handler.ServeHTTP(w, r)
	}), nil
}

// NewEvents makes the http.Handler of a function that the Broker calls.
func NewEvents(build Event, env *Env) (http.Handler, error) {
	handle, err := build(env)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { receive(w, r, env, handle) }), nil
}

func receive(w http.ResponseWriter, r *http.Request, env *Env, handle EventHandler) {
	start := env.Now()
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		problem.Write(w, problem.New(problem.MethodNotAllowed, "Events are sent by POST."))
		return
	}
	env.Metrics.Add(metrics.InFlight, 1, ofBroker)
	defer env.Metrics.Add(metrics.InFlight, -1, ofBroker)
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	e, err := binding.ToEvent(r.Context(), cehttp.NewMessageFromHttpRequest(r))
	if err == nil {
		err = e.Validate()
	}
	if err != nil {
		env.count(ofBroker, http.StatusBadRequest, start)
		problem.Write(w, problem.New(problem.Invalid, "This is not a CloudEvent: %v", err))
		return
	}
	parent, _ := e.Extensions()[trace.Header].(string)
	ctx, end := trace.Start(r.Context(), env.Traces, parent, "handle "+e.Type(), trace.Consumer, trace.About(e))
	if strings.HasPrefix(e.Type(), ofOrders) {
		trace.Join(ctx, e.Subject())
	}
	log := requestLog(ctx, env.Log, r).With("event", e.ID(), "type", e.Type())
	defer func() {
		if p := recover(); p != nil {
			end(fmt.Errorf("panic: %v", p))
			env.Metrics.Add(metrics.Panics, 1, ofBroker)
			env.count(ofBroker, http.StatusInternalServerError, start)
			log.Error("panic", "panic", p, "stack", string(debug.Stack()))
			problem.Write(w, problem.New(problem.Internal, "The function failed."))
		}
	}()
	reply, err := handle(ctx, *e)
	if err == nil {
		err = writeReply(ctx, w, reply)
	}
	end(err)
	reportEvent(log, err, env.Now().Sub(start))
	if err == nil {
		env.count(ofBroker, http.StatusOK, start)
		return
	}
	refusal := problem.From(ForBroker(err))
	if again := refusal.Code.Status(); again == http.StatusConflict || again >= http.StatusInternalServerError {
		env.Metrics.Add(metrics.Retries, 1, string(refusal.Code))
	}
	env.count(ofBroker, refusal.Code.Status(), start)
	problem.Write(w, refusal)
}

// writeReply answers with the snapshot as an event, or with nothing.
func writeReply(ctx context.Context, w http.ResponseWriter, reply events.Snapshot) error {
	if reply == nil {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	e, err := events.New(reply)
	if publish.NotSent(err) {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	if err != nil {
		return err
	}
	trace.Inject(ctx, &e)
	return cehttp.WriteResponseWriter(ctx, binding.ToMessage(&e), http.StatusOK, w)
}

// ForBroker tells the Broker whether trying again makes sense: an event that breaks the contract never gets better and is
// dead-lettered at once (P7); all else is retried. A refusal that people would be told of is a fault here.
func ForBroker(err error) error {
	var bad *events.BadEventError
	if errors.As(err, &bad) {
		return problem.New(problem.Invalid, "%s", bad.Error())
	}
	switch p := problem.From(err); p.Code {
	case problem.Invalid, problem.Conflict, problem.Unavailable:
		return p
	default:
		return problem.New(problem.Internal, "The function failed.")
	}
}

func reportEvent(log *slog.Logger, err error, took time.Duration) {
	attrs := []any{"ms", float64(took.Microseconds()) / 1000}
	if err == nil {
		log.Debug("handled", attrs...)
		return
	}
	attrs = append(attrs, "error", err.Error())
	switch problem.From(err).Code {
	case problem.Conflict, problem.Unavailable:
		log.Warn("will be tried again", attrs...)
	default:
		log.Error("failed", attrs...)
	}
}
