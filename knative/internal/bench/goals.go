package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// goal is a figure to be reached: of a benchmark, in a unit, at most or at least so much. With per, it is the ratio to
// that other benchmark's figure in the same run. A name that ends with * stands for the worst of all that begin so.
type goal struct {
	What  string
	Bench string
	Unit  string
	Most  float64 // 0: no bound
	Least float64 // 0: no bound
	Per   string
}

var goals = []goal{
	{What: "purchase, ten a second, median", Bench: "Purchase/10-a-second", Unit: "p50-ms", Most: 120},
	{What: "purchase, ten a second, 99 of 100", Bench: "Purchase/10-a-second", Unit: "p99-ms", Most: 500},
	{What: "purchases sustained", Bench: "Purchase/sustained", Unit: "sales/s", Least: 60},
	{What: "purchases against the floor, one loop", Bench: "Purchase/sustained", Unit: "sales/s", Per: "Floor/one-loop", Least: 0.4},
	{What: "purchases against the floor, at once", Bench: "Purchase/sustained", Unit: "sales/s", Per: "Floor/at-once"},
	{What: "500 buyers on one ticket, 99 of 100", Bench: "Rush", Unit: "p99-ms", Most: 2000},
	{What: "a function's binary, payments", Bench: "Function/payments-*", Unit: "binary-MB", Most: 15},
	{What: "a function's binary, the largest", Bench: "Function/*", Unit: "binary-MB", Most: 15},
	{What: "a function's binary, without payments", Bench: "Function/!payments-*", Unit: "binary-MB", Most: 12},
	{What: "start to first answer, the slowest median", Bench: "Function/*", Unit: "p50-ms", Most: 20},
	{What: "a function's memory when idle, the largest", Bench: "Function/*", Unit: "memory-MB", Most: 20},
	{What: "cold request through the local runtime", Bench: "ColdRequest", Unit: "ms-p50", Most: 80},
	{What: "web client: script of the first page, gzip", Bench: "Web/FirstPage", Unit: "JS-KB", Most: 90},
	{What: "web client: first page, first contentful paint", Bench: "Web/FirstPage", Unit: "fcp-ms", Most: 1000},
	{What: "web client: layout shift, the worst page", Bench: "Web/*", Unit: "shift", Most: 0.05},
	{What: "a sale: write units", Bench: "Cost/Sale", Unit: "WRU/op", Most: 16},
	{What: "a sale: requests to the store", Bench: "Cost/Sale", Unit: "requests/op", Most: 14},
	{What: "the search index of a sale: write units", Bench: "Cost/Sale", Unit: "index-WRU/op"},
	{What: "a page of twenty listings: read units", Bench: "Cost/BrowseTwenty", Unit: "RRU/op"},
	{What: "search over 100,000 listings, 95 of 100", Bench: "Search/Mixed", Unit: "p95-ms", Most: 30},
	{What: "search, the slowest kind, 95 of 100", Bench: "Search/*", Unit: "p95-ms"},
	{What: "a page of a search: read units", Bench: "Search/Mixed", Unit: "RRU/op"},
	{What: "store: conditional updates, 1 client", Bench: "ConditionalUpdate/clients=1", Unit: "op/s", Least: 1000},
	{What: "store: conditional updates, 32 clients", Bench: "ConditionalUpdate/clients=32", Unit: "op/s", Least: 5000},
	{What: "store: consistent gets, 32 clients", Bench: "ConsistentGet/clients=32", Unit: "op/s", Least: 15000},
	{What: "Broker, 1000 a second: accepted, median", Bench: "Broker/1000-a-second", Unit: "accepted-p50-ms", Most: 5},
	{What: "Broker, 1000 a second: accepted, 99 of 100", Bench: "Broker/1000-a-second", Unit: "accepted-p99-ms", Most: 50},
	{What: "Broker, 1000 a second: delivered, 99 of 100", Bench: "Broker/1000-a-second", Unit: "delivered-p99-ms", Most: 100},
	{What: "Broker, 200 a second: delivered, median", Bench: "Broker/200-a-second", Unit: "delivered-p50-ms", Most: 4},
	{What: "Broker: 99 of 100 beside a Trigger that refuses, against alone", Bench: "Neighbour/refusing", Unit: "p99-ratio", Most: 1.1},
	{What: "Broker: 99 of 100 beside a Trigger that hangs, against alone", Bench: "Neighbour/hanging", Unit: "p99-ratio", Most: 1.1},
}

// verdict is what became of a goal.
type verdict struct {
	What   string   `json:"what"`
	Unit   string   `json:"unit"`
	Value  *float64 `json:"value"` // null: not measured in this run
	Most   float64  `json:"most,omitempty"`
	Least  float64  `json:"least,omitempty"`
	Reason string   `json:"reason,omitempty"` // which benchmark was the worst, or why there is no value
}

// reached says whether a measured value is within the goal's bounds.
func (v verdict) reached() bool {
	return (v.Most == 0 || *v.Value <= v.Most) && (v.Least == 0 || *v.Value >= v.Least)
}

func judge(f figures, goals []goal) []verdict {
	var all []verdict
	for _, g := range goals {
		v := verdict{What: g.What, Unit: g.Unit, Most: g.Most, Least: g.Least}
		value, name, ok := f.worst(g)
		if ok && g.Per != "" {
			per := median(f[g.Per][g.Unit])
			value, v.Unit, ok = value/per, "of it", per > 0
		}
		if ok {
			v.Value = &value
			if strings.Contains(g.Bench, "*") {
				v.Reason = name
			}
		} else {
			v.Reason = "not measured"
		}
		all = append(all, v)
	}
	return all
}

// worst finds the goal's figure: the median of its runs, of the benchmark for which it is furthest from good.
func (f figures) worst(g goal) (value float64, name string, ok bool) {
	for bench, units := range f {
		values := units[g.Unit]
		if len(values) == 0 || !matches(g.Bench, bench) {
			continue
		}
		m := median(values)
		if !ok || g.Least > 0 && m < value || g.Least == 0 && m > value {
			value, name, ok = m, bench, true
		}
	}
	return value, name, ok
}

// matches says whether a benchmark is meant: by its name, by its beginning (x*), or as one that does not begin so within
// the same parent (x/!y*).
func matches(pattern, bench string) bool {
	if parent, not, ok := strings.Cut(pattern, "!"); ok {
		rest, under := strings.CutPrefix(bench, parent)
		return under && !strings.HasPrefix(rest, strings.TrimSuffix(not, "*"))
	}
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(bench, prefix)
	}
	return pattern == bench
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func printTable(w io.Writer, all []verdict) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "\nWHAT\tMEASURED\tTO REACH\t\t")
	for _, v := range all {
		if v.Value == nil {
			_, _ = fmt.Fprintf(t, "%s\t-\t%s\t%s\t\n", v.What, v.bound(), v.Reason)
			continue
		}
		word := "reached"
		if !v.reached() {
			word = "MISSED"
		}
		if v.Most == 0 && v.Least == 0 {
			word = ""
		}
		_, _ = fmt.Fprintf(t, "%s\t%.4g %s\t%s\t%s\t%s\n", v.What, *v.Value, v.Unit, v.bound(), word, v.Reason)
	}
	_ = t.Flush()
}

func (v verdict) bound() string {
	switch {
	case v.Most > 0:
		return fmt.Sprintf("≤ %g", v.Most)
	case v.Least > 0:
		return fmt.Sprintf("≥ %g", v.Least)
	}
	return ""
}
