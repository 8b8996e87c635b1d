package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"usher.example/knative/broker/signing"
	"usher.example/knative/broker/store"
)

const (
	// maxReplyBytes bounds an answer that is read: a reply has to fit the store.
	maxReplyBytes = store.MaxRecordBytes
	// maxErrorBytes is how much of a failed answer's body is kept as evidence; the
	// eventing specification's limit of knativeerrordata.
	maxErrorBytes = 1024
	// maxDrainBytes is how much of an unread body is read to be able to use the
	// connection again.
	maxDrainBytes = 64 << 10
	// maxIdlePerHost keeps a connection for each delivery of a busy Trigger: a new
	// one per delivery would cost a round trip and a port.
	maxIdlePerHost  = 256
	idleConnTimeout = 60 * time.Second
	dialTimeout     = 10 * time.Second
)

// Outcome is what came of one attempt.
type Outcome struct {
	// Delivered is whether the destination took the event.
	Delivered bool
	// Reply is the event in the answer, if any.
	Reply        *event.Event
	ReplyHeaders http.Header
	// Status is the answer's status code, 0 when there was no answer.
	Status int
	// Body is the start of a failed answer's body.
	Body []byte
	// Reason says in words why the attempt failed.
	Reason     string
	Retriable  bool
	RetryAfter time.Duration
	Took       time.Duration
}

// Sender sends events over HTTP. Make one with NewSender and share it.
type Sender struct {
	client *http.Client
	signer *signing.Signer
	now    func() time.Time
}

// NewSender makes a Sender with its own connection pool; now is the clock. Without a signer it sends to nobody who states an
// audience.
func NewSender(now func() time.Time, signer *signing.Signer) *Sender {
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext,
		MaxIdleConnsPerHost: maxIdlePerHost,
		IdleConnTimeout:     idleConnTimeout,
		TLSHandshakeTimeout: dialTimeout,
		DisableCompression:  true,
	}
	return &Sender{now: now, signer: signer, client: &http.Client{
		Transport: transport,
		// A redirect is an answer that means "not taken", not a new destination.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Signs is whether it can send to subscribers who state an audience.
func (s *Sender) Signs() bool { return s.signer != nil }

// Close closes idle connections.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// Request is one attempt.
type Request struct {
	URL string
	// Audience is whom a token of the Broker is made for; empty sends none.
	Audience string
	Event    *event.Event
	Headers  http.Header
	Policy   Policy
	// WantReply asks for, and reads, an event in the answer.
	WantReply bool
}

// Send makes one attempt and waits at most the policy's timeout for the answer.
// If ctx ends first the outcome is a retriable failure.
func (s *Sender) Send(ctx context.Context, r Request) (out Outcome) {
	start := s.now()
	defer func() { out.Took = s.now().Sub(start) }()
	ctx, cancel := context.WithTimeout(ctx, r.Policy.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, nil)
	if err != nil {
		return Outcome{Reason: fmt.Sprintf("the destination cannot be used: %v", err)}
	}
	for name, values := range r.Headers {
		req.Header[name] = values
	}
	if r.WantReply {
		req.Header.Set("Prefer", "reply")
	}
	if r.Audience != "" {
		token, err := s.token(r.Audience)
		if err != nil {
			return Outcome{Reason: fmt.Sprintf("the delivery cannot be signed: %v", err), Retriable: true}
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if err := writeEvent(req, r.Event, r.Policy.Structured); err != nil {
		return Outcome{Reason: fmt.Sprintf("the event cannot be written as a request: %v", err)}
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return Outcome{Reason: noAnswer(err, r.Policy.Timeout), Retriable: true}
	}
	defer func() {
		if resp.StatusCode != http.StatusSwitchingProtocols { // that body is the connection, and has no end
			_, _ = io.CopyN(io.Discard, resp.Body, maxDrainBytes)
		}
		_ = resp.Body.Close()
	}()
	out = Outcome{Status: resp.StatusCode, RetryAfter: retryAfter(resp, s.now())}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		if resp.StatusCode != http.StatusSwitchingProtocols {
			out.Body, _ = io.ReadAll(io.LimitReader(resp.Body, maxErrorBytes))
		}
		out.Reason = "answered " + resp.Status
		// Who refuses our token may not have heard of a new key yet: to give up at once would put events aside for that.
		out.Retriable = Retriable(resp.StatusCode) || r.Audience != "" && resp.StatusCode == http.StatusUnauthorized
		return out
	}
	out.Delivered = true
	if resp.StatusCode == http.StatusOK && r.WantReply {
		readReply(ctx, resp, &out)
	}
	return out
}

func (s *Sender) token(audience string) (string, error) {
	if s.signer == nil {
		return "", signing.ErrNoKey
	}
	return s.signer.Token(audience)
}

// readReply takes the event out of a 200. An empty body without CloudEvents
// headers is no reply; anything else that is no event fails the delivery, because
// a subscriber that meant to reply has not been heard.
func readReply(ctx context.Context, resp *http.Response, out *Outcome) {
	fail := func(body []byte, reason string) {
		out.Delivered, out.Retriable, out.Reply = false, true, nil
		out.Body, out.Reason = body[:min(len(body), maxErrorBytes)], reason
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReplyBytes+1))
	switch {
	case err != nil:
		fail(body, fmt.Sprintf("the reply broke off: %v", err))
		return
	case len(body) > maxReplyBytes:
		fail(body, fmt.Sprintf("the reply has more than %d bytes", maxReplyBytes))
		return
	}
	reply, err := ReadEvent(ctx, resp.Header, io.NopCloser(bytes.NewReader(body)))
	switch {
	case errors.Is(err, ErrNoEvent) && len(body) == 0:
	case err != nil:
		fail(body, fmt.Sprintf("the reply cannot be used: %v", err))
	default:
		out.Reply, out.ReplyHeaders = reply, resp.Header
	}
}

func noAnswer(err error, timeout time.Duration) string {
	var timedOut interface{ Timeout() bool }
	if errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &timedOut) && timedOut.Timeout()) {
		return fmt.Sprintf("no answer within %s", timeout)
	}
	return fmt.Sprintf("no answer: %v", errors.Unwrap(err))
}
