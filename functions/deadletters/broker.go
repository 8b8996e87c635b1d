package deadletters

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"usher.example/shared/function"
	"usher.example/shared/problem"
)

const (
	// timeout bounds one question to the Broker; a replay stores the event anew before it is answered.
	timeout = 10 * time.Second
	// maxAnswer bounds an answer of the Broker, in bytes: a page of a hundred, each with at most a few kilobytes of its failure.
	maxAnswer = 4 << 20
	// pause is how long people are asked to wait where the Broker does not answer.
	pause = 5 * time.Second
)

// entry is a dead letter as the Broker tells it.
type entry struct {
	Sequence uint64 `json:"sequence"`
	ID       string `json:"id"`
	Type     string `json:"type"`
	Subject  string `json:"subject"`
	Parked   struct {
		TriggerName string    `json:"triggerName"`
		At          time.Time `json:"at"`
		Failure     struct {
			Body     []byte `json:"body"`
			Reason   string `json:"reason"`
			Attempts int    `json:"attempts"`
		} `json:"failure"`
	} `json:"parked"`
}

// broker asks about the dead letters of one Broker, where its administration answers.
type broker struct {
	address string // of the administration
	name    string // namespace/name
	client  *http.Client
}

// open finds the Broker by BROKER_URL, whose path is its name, and its administration at BROKER_ADMIN_URL.
func open(env *function.Env) (*broker, error) {
	name, err := url.Parse(env.Getenv("BROKER_URL"))
	if err != nil || strings.Count(name.Path, "/") != 2 {
		return nil, fmt.Errorf("BROKER_URL %q does not end in /namespace/name", env.Getenv("BROKER_URL"))
	}
	address := env.Getenv("BROKER_ADMIN_URL")
	if u, err := url.Parse(address); err != nil || u.Host == "" {
		return nil, fmt.Errorf("BROKER_ADMIN_URL %q is not a URL", address)
	}
	return &broker{strings.TrimSuffix(address, "/"), name.Path[1:], &http.Client{Timeout: timeout}}, nil
}

// list reads at most limit entries after the one of that number; none is the beginning.
func (b *broker) list(ctx context.Context, limit int, after string) ([]entry, error) {
	query := url.Values{"broker": {b.name}, "limit": {strconv.Itoa(limit)}}
	if after != "" {
		query.Set("after", b.name+"/"+after)
	}
	var page struct {
		Items []entry `json:"items"`
	}
	err := b.ask(ctx, http.MethodGet, "?"+query.Encode(), &page)
	return page.Items, err
}

func (b *broker) replay(ctx context.Context, n uint64) error {
	return b.ask(ctx, http.MethodPost, b.at(n)+"/replay", nil)
}

func (b *broker) drop(ctx context.Context, n uint64) error {
	return b.ask(ctx, http.MethodDelete, b.at(n), nil)
}

func (b *broker) at(n uint64) string { return fmt.Sprintf("/%s/%d", b.name, n) }

// ask makes one request, and reads its answer into a pointer, if there is one. NotFound, Conflict where the Trigger is gone,
// Unavailable where the Broker does not answer or cannot store what was decided.
func (b *broker) ask(ctx context.Context, method, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, b.address+"/dead-letters"+path, nil)
	if err != nil {
		return fmt.Errorf("ask the Broker: %w", err)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return unavailable(err)
	}
	defer func() { _ = resp.Body.Close() }() // read only
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return unavailable(err)
	}
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return noLetter()
	case http.StatusConflict:
		return problem.New(problem.Conflict, "The function that this event was for is gone; it can only be dropped.")
	case http.StatusServiceUnavailable:
		return unavailable(fmt.Errorf("%.200s", body))
	default:
		return fmt.Errorf("the Broker answered %s: %.200s", resp.Status, body)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read the Broker's answer: %w", err)
	}
	return nil
}

func unavailable(cause error) error {
	return problem.New(problem.Unavailable, "The Broker does not answer. Please try again in a moment.").After(pause).Because(cause)
}
