// Command bench runs every benchmark and prints one table: what was measured, what is to be reached, and whether it is.
// The table and the facts of the machine are written as JSON too.
//
//	bench [-only REGEXP] [-json FILE]       measures the work tree
//	bench -base REF [-only REGEXP]          measures another commit beside it, by turns, and prints the ratios
//
// It exits with 1 where a benchmark fails. A goal that is missed is said, and is no failure: machines are noisy.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := flags.String("only", "", "run only the suites whose name matches")
	file := flags.String("json", "", "write the figures to this file")
	base := flags.String("base", "", "compare with this commit")
	rounds := flags.Int("rounds", 3, "with -base: how often each is measured")
	if err := flags.Parse(args); err != nil {
		return err
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	var chosen []suite
	for _, s := range suites {
		if pattern.MatchString(s.name) {
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("no suite matches %q; there are: %s", *only, names(suites))
	}
	machine, err := look()
	if err != nil {
		return err
	}
	fmt.Println(machine)
	if *base != "" {
		return compare(ctx, *base, *rounds, chosen)
	}
	figures := figures{}
	var failed error
	for _, s := range chosen {
		got, err := s.run(ctx, ".")
		failed = errors.Join(failed, err)
		figures.add(got)
	}
	verdicts := judge(figures, goals)
	if len(chosen) < len(suites) { // what was not asked for is not missing
		verdicts = slices.DeleteFunc(verdicts, func(v verdict) bool { return v.Value == nil })
	}
	printTable(os.Stdout, verdicts)
	if *file == "" {
		return failed
	}
	content, err := json.MarshalIndent(report{machine, verdicts, figures}, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(*file), 0o755)
	}
	if err == nil {
		err = os.WriteFile(*file, append(content, '\n'), 0o644)
	}
	return errors.Join(failed, err)
}

// report is what is written as JSON.
type report struct {
	Machine machine   `json:"machine"`
	Goals   []verdict `json:"goals"`
	Figures figures   `json:"figures"`
}
