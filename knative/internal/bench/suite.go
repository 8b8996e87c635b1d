package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// suite is one run of go test -bench, or of a command that prints in its format.
type suite struct {
	name    string
	command []string
}

// suites run in this order; each has the machine to itself.
var suites = []suite{
	gotest("store", "./knative/dynamodb/...", ".", "2s"),
	gotest("broker-rate", "./knative/broker/...", "Broker|Floor", "10s"),
	gotest("neighbour", "./knative/broker/dataplane", "Neighbour", "1000x"),
	gotest("broker", "./knative/broker/...", "Throughput|Ingress|Filter", "2s"),
	gotest("gateway", "./ui/edge", ".", "2s"),
	gotest("cold", "./knative/local", "ColdRequest", "60x"),
	gotest("function", "./knative/e2e", "Function", "20x"),
	gotest("purchase", "./knative/e2e", "Purchase/alone", "100x"),
	gotest("rate", "./knative/e2e", "Purchase/10-a-second", "300x"),
	gotest("sustained", "./knative/e2e", "Purchase/sustained", "2000x"),
	gotest("floor", "./knative/e2e", "Floor", "1000x"),
	gotest("rush", "./knative/e2e", "Rush", "5x"),
	gotest("cost", "./knative/e2e", "Cost", "3x"),
	{"web", []string{"npm", "--prefix", "ui/web", "run", "--silent", "bench"}},
	gotest("search", "./functions/tickets", "Search", "500x"),
}

func gotest(name, packages, pattern, time string) suite {
	return suite{name, []string{"go", "test", "-run", "^$", "-timeout", "30m", "-benchtime", time, "-bench", pattern, packages}}
}

func names(all []suite) string {
	var list []string
	for _, s := range all {
		list = append(list, s.name)
	}
	return strings.Join(list, ", ")
}

// figures are values by benchmark and unit; several where it ran more than once.
type figures map[string]map[string][]float64

func (f figures) add(more figures) {
	for name, units := range more {
		if f[name] == nil {
			f[name] = map[string][]float64{}
		}
		for unit, values := range units {
			f[name][unit] = append(f[name][unit], values...)
		}
	}
}

// run runs the suite in the folder of a work tree, and shows its output as it comes.
func (s suite) run(ctx context.Context, dir string) (figures, error) {
	fmt.Printf("\n== %s: %s\n", s.name, strings.Join(s.command, " "))
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, s.command[0], s.command[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, io.MultiWriter(os.Stdout, &out), os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%s: %w", s.name, err)
	}
	return parse(&out), err
}

// parse reads the output of go test -bench; lines that are no results are passed over. The processors in a name's end
// are left out.
func parse(r io.Reader) figures {
	found := figures{}
	reader := benchfmt.NewReader(r, "bench")
	for reader.Scan() {
		result, ok := reader.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		base, parts := result.Name.Parts()
		name := string(base)
		for _, part := range parts {
			if part[0] != '-' {
				name += string(part)
			}
		}
		if found[name] == nil {
			found[name] = map[string][]float64{}
		}
		for _, v := range result.Values {
			value, unit := v.Value, v.Unit
			if v.OrigUnit != "" { // benchfmt turns ns into seconds; the goals are in what was printed
				value, unit = v.OrigValue, v.OrigUnit
			}
			found[name][unit] = append(found[name][unit], value)
		}
	}
	return found
}
