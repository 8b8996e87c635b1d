package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"text/tabwriter"
)

// compare measures a commit and the work tree by turns, so that both meet the same noise, and prints the ratios of their
// medians.
func compare(ctx context.Context, ref string, rounds int, chosen []suite) (err error) {
	folder, err := os.MkdirTemp("", "usher-base-")
	if err != nil {
		return fmt.Errorf("make a folder for %s: %w", ref, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	dir := filepath.Join(folder, "tree")
	if out, err := exec.CommandContext(ctx, "git", "worktree", "add", "--detach", dir, ref).CombinedOutput(); err != nil {
		return fmt.Errorf("check out %s: %w\n%s", ref, err, out)
	}
	defer func() { err = errors.Join(err, exec.Command("git", "worktree", "remove", "--force", dir).Run()) }()
	// The gateway embeds the web client; what is compared is not how it is built.
	if err := os.CopyFS(filepath.Join(dir, "ui/web/dist"), os.DirFS("ui/web/dist")); err != nil {
		return fmt.Errorf("build the web client first, with make web: %w", err)
	}
	before, now := figures{}, figures{}
	var failed error
	for range rounds {
		for _, s := range chosen {
			for _, side := range []struct {
				dir string
				figures
			}{{dir, before}, {".", now}} {
				got, err := s.run(ctx, side.dir)
				failed = errors.Join(failed, err)
				side.add(got)
			}
		}
	}
	printRatios(os.Stdout, ref, before, now)
	return failed
}

func printRatios(w io.Writer, ref string, before, now figures) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintf(t, "\nBENCHMARK\tUNIT\t%s\tNOW\tRATIO\n", ref)
	for _, name := range slices.Sorted(maps.Keys(now)) {
		for _, unit := range slices.Sorted(maps.Keys(now[name])) {
			was, is := median(before[name][unit]), median(now[name][unit])
			if was == 0 {
				continue // new, or nothing to divide by
			}
			_, _ = fmt.Fprintf(t, "%s\t%s\t%.4g\t%.4g\t%.3f\n", name, unit, was, is, is/was)
		}
	}
	_ = t.Flush()
}
