// Command mutants asks whether the simulation would notice: it breaks the functions on purpose, one patch of
// functions/simulation/mutants at a time in a copy of the tree, and demands that a simulated world finds it.
//
//	cd functions && go run ./simulation/cmd/mutants [-seeds n] [name ...]
//
// Exit status 1 where a mutant survives or its patch no longer fits.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// workspace is the copy's go.work: the modules that functions are made of.
const workspace = "go 1.26.0\n\nuse (\n\t./events\n\t./functions\n\t./shared\n)\n"

func main() {
	seeds := flag.Int("seeds", 20_000, "worlds that a mutant must survive to count as alive")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *seeds, flag.Args()); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, seeds int, names []string) error {
	root, err := root()
	if err != nil {
		return err
	}
	patches, err := filepath.Glob(filepath.Join(root, "functions/simulation/mutants/*.patch"))
	if err != nil || len(patches) == 0 {
		return errors.Join(errors.New("no patches found"), err)
	}
	folder, err := os.MkdirTemp("", "usher-mutants-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // a temporary folder: the system removes it otherwise
	alive := 0
	for _, patch := range patches {
		name := strings.TrimSuffix(filepath.Base(patch), ".patch")
		if len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		begin := time.Now()
		verdict, killed, err := try(ctx, root, filepath.Join(folder, name), patch, seeds)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if !killed {
			alive++
		}
		fmt.Printf("%-28s %6.1f s  %s\n", name, time.Since(begin).Seconds(), verdict)
	}
	if alive > 0 {
		return fmt.Errorf("%d survived", alive)
	}
	return nil
}

// root is the folder that holds the modules.
func root() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; at != filepath.Dir(at); at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "functions", "go.mod")); err == nil {
			return at, nil
		}
	}
	return "", errors.New("run this inside the repository")
}

// try breaks a copy and simulates it.
func try(ctx context.Context, root, folder, patch string, seeds int) (verdict string, killed bool, err error) {
	for _, module := range []string{"events", "shared", "functions"} {
		if err := os.CopyFS(filepath.Join(folder, module), os.DirFS(filepath.Join(root, module))); err != nil {
			return "", false, fmt.Errorf("copy: %w", err)
		}
	}
	defer func() { _ = os.RemoveAll(folder) }() // it is in a temporary folder
	sums, err := os.ReadFile(filepath.Join(root, "go.work.sum"))
	if err != nil {
		return "", false, err
	}
	if err := errors.Join(os.WriteFile(filepath.Join(folder, "go.work.sum"), sums, 0o600), os.WriteFile(filepath.Join(folder, "go.work"), []byte(workspace), 0o600)); err != nil {
		return "", false, err
	}
	if out, err := command(ctx, folder, "git", "apply", "--whitespace=nowarn", patch).CombinedOutput(); err != nil {
		return "", false, fmt.Errorf("the patch does not fit any more: %w\n%s", err, out)
	}
	binary := filepath.Join(folder, "simulate")
	if out, err := command(ctx, filepath.Join(folder, "functions"), "go", "build", "-o", binary, "./simulation/cmd/simulate").CombinedOutput(); err != nil {
		return "", false, fmt.Errorf("build: %w\n%s", err, out)
	}
	out, err := command(ctx, folder, binary, "-seeds", fmt.Sprint(seeds), "-first", "-shrink=false").CombinedOutput()
	line, _, _ := strings.Cut(string(out), "\n")
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "SURVIVED " + fmt.Sprint(seeds) + " worlds", false, nil
	case errors.As(err, &exit) && exit.ExitCode() == 1 && strings.HasPrefix(line, "seed "):
		return "killed by " + line, true, nil
	}
	return "", false, fmt.Errorf("simulate: %w\n%s", err, out)
}

// command runs outside of the repository's own workspace and git.
func command(ctx context.Context, folder, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = folder
	c.Env = append(os.Environ(), "GOWORK=", "GIT_CEILING_DIRECTORIES="+filepath.Dir(folder))
	return c
}
