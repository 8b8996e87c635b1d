// Command dead-letters shows the events that the Broker could not deliver, sends
// them again, or drops them.
//
//	dead-letters [-broker-url http://127.0.0.1:8090] list   [-trigger name]
//	dead-letters show   default/broker/17
//	dead-letters replay default/broker/17 …   or  replay -trigger name  or  replay -all
//	dead-letters drop   default/broker/17 …   or  drop -trigger name
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"usher.example/knative/broker/deadletter"
)

// requestTimeout bounds one request; a replay of many takes a while.
const requestTimeout = 2 * time.Minute

var errUsage = errors.New("usage: dead-letters [-broker-url URL] list|show|replay|drop [-trigger NAME] [-all] [NAMESPACE/BROKER/NUMBER …]")

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "dead-letters:", err)
		os.Exit(1)
	}
}

// client talks to one Broker process.
type client struct {
	base string
	out  io.Writer
}

func run(ctx context.Context, args []string, out io.Writer) error {
	top := flag.NewFlagSet("dead-letters", flag.ContinueOnError)
	top.SetOutput(io.Discard)
	base := top.String("broker-url", "http://127.0.0.1:8090", "the Broker's listener")
	if err := top.Parse(args); err != nil || top.NArg() == 0 {
		return errUsage
	}
	sub := flag.NewFlagSet(top.Arg(0), flag.ContinueOnError)
	sub.SetOutput(io.Discard)
	trigger := sub.String("trigger", "", "only this trigger's")
	all := sub.Bool("all", false, "all of them")
	if err := sub.Parse(top.Args()[1:]); err != nil {
		return fmt.Errorf("%w; %w", err, errUsage)
	}
	c := client{base: strings.TrimSuffix(*base, "/"), out: out}
	switch top.Arg(0) {
	case "list":
		return c.list(ctx, *trigger)
	case "show":
		return c.each(sub.Args(), func(id string) error { return c.show(ctx, id) })
	case "replay":
		if *all || *trigger != "" {
			return c.decide(ctx, http.MethodPost, "/dead-letters/replay?trigger="+url.QueryEscape(*trigger), "replayed")
		}
		return c.each(sub.Args(), func(id string) error {
			return c.decide(ctx, http.MethodPost, "/dead-letters/"+id+"/replay", "replayed "+id)
		})
	case "drop":
		if *trigger != "" {
			return c.decide(ctx, http.MethodDelete, "/dead-letters?trigger="+url.QueryEscape(*trigger), "dropped")
		}
		return c.each(sub.Args(), func(id string) error {
			return c.decide(ctx, http.MethodDelete, "/dead-letters/"+id, "dropped "+id)
		})
	default:
		return errUsage
	}
}

// each acts on every id, and refuses none at all.
func (c client) each(ids []string, act func(id string) error) error {
	if len(ids) == 0 {
		return errUsage
	}
	var failed error
	for _, id := range ids {
		if strings.Count(id, "/") != 2 {
			return fmt.Errorf("%q is no dead letter; write NAMESPACE/BROKER/NUMBER as list shows it", id)
		}
		failed = errors.Join(failed, act(id))
	}
	return failed
}

func (c client) list(ctx context.Context, trigger string) error {
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "DEAD LETTER\tPARKED\tTRIGGER\tTYPE\tEVENT\tREASON")
	after := ""
	for {
		var l deadletter.Listing
		query := fmt.Sprintf("/dead-letters?limit=1000&after=%s&trigger=%s", url.QueryEscape(after), url.QueryEscape(trigger))
		if err := c.call(ctx, http.MethodGet, query, &l); err != nil {
			return err
		}
		for _, e := range l.Items {
			fmt.Fprintf(w, "%s/%d\t%s\t%s\t%s\t%s\t%s (%d attempts)\n", e.Broker, e.Sequence, e.Parked.At.Format(time.RFC3339),
				e.Parked.TriggerName, e.Type, e.ID, e.Parked.Failure.Reason, e.Parked.Failure.Attempts)
		}
		if after = l.Next; after == "" {
			return w.Flush()
		}
	}
}

func (c client) show(ctx context.Context, id string) error {
	var shown map[string]any
	if err := c.call(ctx, http.MethodGet, "/dead-letters/"+id, &shown); err != nil {
		return err
	}
	legible(shown)
	encoder := json.NewEncoder(c.out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(shown)
}

// legible shows what the subscriber answered as the text it is, in place of its base64.
func legible(shown map[string]any) {
	parked, _ := shown["parked"].(map[string]any)
	failure, _ := parked["failure"].(map[string]any)
	encoded, _ := failure["body"].(string)
	if body, err := base64.StdEncoding.DecodeString(encoded); err == nil && len(body) > 0 && utf8.Valid(body) {
		failure["body"] = string(body)
	}
}

func (c client) decide(ctx context.Context, method, path, what string) error {
	var n deadletter.Count
	if err := c.call(ctx, method, path, &n); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s: %d\n", what, n.Count)
	return nil
}

// call makes one request; an answer other than 200 is an error with its reason.
func (c client) call(ctx context.Context, method, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the Broker at %s does not answer; is it running? (%w)", c.base, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		var n deadletter.Count
		if json.NewDecoder(resp.Body).Decode(&n) != nil || n.Error == "" {
			n.Error = resp.Status
		}
		return errors.New(n.Error)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}
