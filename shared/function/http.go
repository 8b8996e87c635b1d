package function

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"usher.example/shared/metrics"
	"usher.example/shared/problem"
	"usher.example/shared/session"
	"usher.example/shared/trace"
)

// Handler answers one kind of request that people send.
type Handler func(ctx context.Context, r *Request) (*Response, error)

// HTTP makes a Handler, once per process. It fails where a setting is wrong.
type HTTP func(env *Env) (Handler, error)

// Request is what a Handler is asked.
type Request struct {
	*http.Request
	session session.User
	signed  bool
	ask     func() (holds bool, err error) // whether the session still holds; nil once asked
	failed  error                          // why that is not known
	body    []byte
}

// NewRequest is r as a Handler is asked it, sent by a user who is known already; nil is somebody who is not signed in.
// A simulation asks so, without cookies.
func NewRequest(r *http.Request, user *session.User, body []byte) *Request {
	req := &Request{Request: r, body: body}
	if user != nil {
		req.session, req.signed = *user, true
	}
	return req
}

// Response is what a Handler answers.
type Response struct {
	Status  int
	Body    any // as JSON, or a File as it is; nil for none
	ETag    string
	Cookie  *http.Cookie
	Header  http.Header
	Private bool // not for shared caches: it shows what only its reader may see
}

// File is a Body that is no JSON.
type File struct {
	Type    string // media type
	Name    string // under which a browser stores it; empty: it is for display
	Content []byte
}

// ServeHTTP runs a function that the gateway calls, until SIGTERM. It does not return.
func ServeHTTP(build HTTP) {
	run(func(p process) (http.Handler, error) {
		patterns, err := routes(p.getenv)
		if err != nil {
			return nil, err
		}
		env, err := fromProcess(p, true)
		if err != nil {
			return nil, err
		}
		return NewHTTP(build, env, patterns...)
	})
}

// NewHTTP makes the http.Handler of a function for requests that fit one of the patterns.
func NewHTTP(build HTTP, env *Env, patterns ...string) (http.Handler, error) {
	handle, err := build(env)
	if err != nil {
		return nil, err
	}
	if env.Standing == nil && env.Store != nil {
		env.Standing = session.NewStanding(env.Store)
	}
	mux := http.NewServeMux()
	for _, p := range patterns {
		mux.HandleFunc(p, func(w http.ResponseWriter, r *http.Request) { answer(w, r, env, handle) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		problem.Write(w, problem.New(problem.NotFound, "There is nothing at this address."))
	})
	return mux, nil
}

func answer(w http.ResponseWriter, r *http.Request, env *Env, handle Handler) {
	start := env.Now()
	env.Metrics.Add(metrics.InFlight, 1, ofPeople)
	defer env.Metrics.Add(metrics.InFlight, -1, ofPeople)
	ctx, end := trace.Start(r.Context(), env.Traces, r.Header.Get(trace.Header), r.Pattern, trace.Server, map[string]any{
		"http.request.method": r.Method, "http.route": r.Pattern, "url.path": r.URL.Path,
	})
	defer func() {
		if p := recover(); p != nil {
			end(fmt.Errorf("panic: %v", p))
			env.Metrics.Add(metrics.Panics, 1, ofPeople)
			env.count(ofPeople, http.StatusInternalServerError, start)
			requestLog(ctx, env.Log, r).Error("panic", "panic", p, "stack", string(debug.Stack()))
			problem.Write(w, problem.New(problem.Internal, "Something went wrong on our side. Please try again."))
		}
	}()
	resp, err := load(ctx, w, r, env, func(req *Request) (*Response, error) { return handle(ctx, req) })
	if err == nil {
		err = write(w, r, resp)
	} else {
		problem.Write(w, err)
	}
	status := statusOf(resp, err)
	trace.Note(ctx, "http.response.status_code", status)
	end(ours(err))
	env.count(ofPeople, status, start)
	report(requestLog(ctx, env.Log, r), r, err, env.Now().Sub(start)) // by now it is known which trace it belongs to
}

// ofPeople and ofBroker are the kinds of what a function answers.
const (
	ofPeople = "http"
	ofBroker = "event"
)

// count counts what was answered.
func (e *Env) count(kind string, status int, start time.Time) {
	e.Metrics.Add(metrics.Requests, 1, kind, strconv.Itoa(status))
	e.Metrics.Observe(metrics.Duration, e.Now().Sub(start), kind)
}

// statusOf is the status that a request was answered with, but for one that has not changed since.
func statusOf(resp *Response, err error) int {
	if err != nil {
		return problem.From(err).Code.Status()
	}
	return resp.Status
}

// ours is err where it is a fault of ours; a refusal is an answer like others.
func ours(err error) error {
	if problem.Is(err, problem.Internal) || problem.Is(err, problem.Unavailable) {
		return err
	}
	return nil
}

// load reads who asks and what, then lets next answer.
func load(ctx context.Context, w http.ResponseWriter, r *http.Request, env *Env, next func(*Request) (*Response, error)) (*Response, error) {
	req := &Request{Request: r}
	var began time.Time
	req.session, began, req.signed = env.Sessions.FromRequest(r, env.Now())
	if req.signed && env.Standing != nil {
		req.ask = func() (bool, error) { return env.Standing.Holds(ctx, req.session, began, env.Now()) }
	}
	body, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	req.body = body
	return next(req)
}

func write(w http.ResponseWriter, r *http.Request, resp *Response) error {
	h := w.Header()
	for name, values := range resp.Header {
		h[name] = values
	}
	if resp.Cookie != nil {
		http.SetCookie(w, resp.Cookie)
	}
	body, contentType, err := encode(resp.Body, h)
	if err != nil {
		problem.Write(w, err)
		return err
	}
	if resp.ETag == "" && r.Method == http.MethodGet && body != nil { // a list: its content is its version
		sum := sha256.Sum256(body)
		resp.ETag = `"` + hex.EncodeToString(sum[:12]) + `"`
	}
	h.Set("Cache-Control", "no-store")
	if resp.ETag != "" {
		h.Set("ETag", resp.ETag)
		h.Set("Cache-Control", "no-cache")
		if resp.Private {
			h.Set("Cache-Control", "private, no-cache")
		}
		if r.Method == http.MethodGet && matches(r.Header.Get("If-None-Match"), resp.ETag) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	if body == nil {
		w.WriteHeader(resp.Status)
		return nil
	}
	h.Set("Content-Type", contentType)
	w.WriteHeader(resp.Status)
	_, _ = w.Write(body) // the caller went away: nobody to tell
	return nil
}

// encode makes the bytes of a body, and says their media type; nil for none. What is to be stored says so in h.
func encode(body any, h http.Header) (content []byte, contentType string, err error) {
	switch b := body.(type) {
	case nil:
		return nil, "", nil
	case File:
		if b.Name != "" {
			h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": b.Name}))
		}
		h.Set("X-Content-Type-Options", "nosniff")
		return b.Content, b.Type, nil
	}
	content, err = json.Marshal(body)
	return append(content, '\n'), "application/json", err
}

// matches says whether a header with entity tags names this one; weak tags compare as strong ones do, as RFC 9110 has it
// for If-None-Match.
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == "*" || tag == etag {
			return true
		}
	}
	return false
}

// requestLog gives each line the ids that a request is found by.
func requestLog(ctx context.Context, log *slog.Logger, r *http.Request) *slog.Logger {
	if id := r.Header.Get("X-Request-Id"); id != "" {
		log = log.With("request_id", id)
	}
	if c, ok := trace.From(ctx); ok {
		log = log.With("trace_id", c.TraceID)
	}
	return log
}

// report writes one line a request: our faults as errors, refusals for whoever looks closer.
func report(log *slog.Logger, r *http.Request, err error, took time.Duration) {
	attrs := []any{"method", r.Method, "path", r.URL.Path, "ms", float64(took.Microseconds()) / 1000}
	if err == nil {
		log.Debug("answered", attrs...)
		return
	}
	p := problem.From(err)
	attrs = append(attrs, "code", p.Code, "error", err.Error())
	switch {
	case errors.Is(r.Context().Err(), context.Canceled):
		log.Info("caller went away", attrs...)
	case p.Code == problem.Internal:
		log.Error("failed", attrs...)
	case p.Code == problem.Unavailable:
		log.Warn("unavailable", attrs...)
	default:
		log.Info("refused", attrs...)
	}
}
