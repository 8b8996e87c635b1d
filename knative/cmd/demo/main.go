// Command demo fills a running system with listings that look like those of people, through its HTTP API: what a buyer
// sees when a place has some life.
//
//	demo [-url http://127.0.0.1:8080] [-listings 300]
//
// Running it again goes on where it stopped, and adds nothing when all is there.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/signal"
	"sync"
	"time"
)

const (
	// maxListings bounds -listings: a demonstration is not a load test.
	maxListings = 5000
	// requestTimeout bounds one request, which may have to start its function.
	requestTimeout = 30 * time.Second
	// pageSize is the greatest page there is.
	pageSize = 100
	// seed makes each run the same.
	seed = 8
)

// password is that of all demonstration accounts. They own nothing but these listings.
const password = "demo password"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	base := flags.String("url", "http://127.0.0.1:8080", "the system's address")
	count := flags.Int("listings", 300, "how many")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 || *count < 1 || *count > maxListings {
		return fmt.Errorf("usage: demo [-url URL] [-listings 1 to %d]", maxListings)
	}
	if u, err := url.Parse(*base); err != nil || u.Host == "" {
		return fmt.Errorf("%q is no address such as http://127.0.0.1:8080", *base)
	}
	offers := Offers(rand.New(rand.NewPCG(seed, seed)), *count, time.Now())
	added := make([]int, len(sellers))
	errs := make([]error, len(sellers))
	var wg sync.WaitGroup
	for i, name := range sellers {
		wg.Go(func() {
			var own []Offer
			for n := i; n < len(offers); n += len(sellers) {
				own = append(own, offers[n])
			}
			added[i], errs[i] = sell(ctx, *base, name+"@demo.example", own)
		})
	}
	wg.Wait()
	sum := 0
	for _, n := range added {
		sum += n
	}
	_, _ = fmt.Fprintf(out, "%d listings added to the %d that were to be there: %s\nSign in as %s@demo.example, or another of %v, with the password %q.\n",
		sum, len(offers), *base, sellers[0], sellers, password)
	return errors.Join(errs...)
}

// sell signs a seller up, or in, and lists what they have not listed yet.
func sell(ctx context.Context, base, email string, offers []Offer) (added int, err error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return 0, err
	}
	c := &client{base, http.Client{Jar: jar, Timeout: requestTimeout}}
	account := map[string]string{"email": email, "password": password}
	err = c.call(ctx, http.MethodPost, "/api/users/signup", account, nil)
	var refused *refusal
	if errors.As(err, &refused) && refused.status == http.StatusConflict { // an earlier run's
		err = c.call(ctx, http.MethodPost, "/api/users/signin", account, nil)
	}
	if err != nil {
		return 0, err
	}
	there, err := c.own(ctx)
	if err != nil {
		return 0, err
	}
	for _, o := range offers[min(there, len(offers)):] {
		if err := c.call(ctx, http.MethodPost, "/api/tickets", o, nil); err != nil {
			return added, err
		}
		added++
	}
	return added, nil
}

// client is one person's browser.
type client struct {
	base string
	http http.Client
}

// own counts what the caller ever listed.
func (c *client) own(ctx context.Context) (n int, err error) {
	for cursor := ""; ; {
		var page struct {
			Items      []struct{} `json:"items"`
			NextCursor string     `json:"next_cursor"`
		}
		path := fmt.Sprintf("/api/tickets/mine?limit=%d&cursor=%s", pageSize, url.QueryEscape(cursor))
		if err := c.call(ctx, http.MethodGet, path, nil, &page); err != nil {
			return 0, err
		}
		n += len(page.Items)
		if cursor = page.NextCursor; cursor == "" {
			return n, nil
		}
	}
}

// refusal is an answer that says no.
type refusal struct {
	status       int
	path, detail string
}

// Error implements error.
func (r *refusal) Error() string {
	return fmt.Sprintf("%s is answered with %d: %s", r.path, r.status, r.detail)
}

// call sends a request, and reads its answer into out unless that is nil. A refused one is a *refusal.
func (c *client) call(ctx context.Context, method, path string, body, out any) error {
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(content))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("is a system running there? make run starts one: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= http.StatusBadRequest {
		var doc struct {
			Detail string `json:"detail"`
		}
		_ = json.NewDecoder(resp.Body).Decode(&doc) // the status says it all the same
		return &refusal{resp.StatusCode, method + " " + path, doc.Detail}
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(out)
}
