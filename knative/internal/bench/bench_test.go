package main

import (
	"strings"
	"testing"
)

const output = `goos: linux
pkg: usher.example/knative/e2e
BenchmarkPurchase/sustained-2         	     600	       398.3 p50-ms	        40 sales/s
BenchmarkFloor/one-loop-2         	     200	        80 sales/s
BenchmarkFunction/orders-show-2   	      20	  4.0 p50-ms	 10.2 binary-MB
BenchmarkFunction/payments-show-2 	      20	  5.0 p50-ms	 14.1 binary-MB
PASS
`

func TestGoals(t *testing.T) {
	f := parse(strings.NewReader(output))
	for name, c := range map[string]struct {
		goal    goal
		value   float64
		reached bool
	}{
		"Least/Missed":      {goal{Bench: "Purchase/sustained", Unit: "sales/s", Least: 60}, 40, false},
		"Ratio/Reached":     {goal{Bench: "Purchase/sustained", Unit: "sales/s", Per: "Floor/one-loop", Least: 0.4}, 0.5, true},
		"WorstOfAll":        {goal{Bench: "Function/*", Unit: "p50-ms", Most: 4.5}, 5, false},
		"WorstOfThoseBegun": {goal{Bench: "Function/payments-*", Unit: "binary-MB", Most: 15}, 14.1, true},
		"WorstOfTheOthers":  {goal{Bench: "Function/!payments-*", Unit: "binary-MB", Most: 12}, 10.2, true},
	} {
		t.Run(name, func(t *testing.T) {
			v := judge(f, []goal{c.goal})[0]
			if v.Value == nil {
				t.Fatal("not measured")
			}
			if *v.Value != c.value || v.reached() != c.reached {
				t.Errorf("got %v, reached %v; want %v, %v", *v.Value, v.reached(), c.value, c.reached)
			}
		})
	}
	t.Run("NotMeasured", func(t *testing.T) {
		for _, g := range []goal{{Bench: "Rush", Unit: "p99-ms"}, {Bench: "Purchase/sustained", Unit: "sales/s", Per: "Rush"}} {
			if v := judge(f, []goal{g})[0]; v.Value != nil {
				t.Errorf("%+v: got %v", g, *v.Value)
			}
		}
	})
}

func TestRatiosLeaveOutWhatIsNew(t *testing.T) {
	var out strings.Builder
	before := figures{"A": {"op/s": {100, 300, 200}}}
	printRatios(&out, "v1", before, figures{"A": {"op/s": {400}}, "B": {"op/s": {1}}})
	if got := out.String(); !strings.Contains(got, "2.000") || strings.Contains(got, "B ") {
		t.Error(got)
	}
}
