// Package build makes the programs of the workspace into binaries, and does nothing when nothing has changed.
package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"usher.example/knative/local/process"
)

// Builder builds main packages of one Go workspace into one folder.
type Builder struct {
	// Workspace is the folder of go.work.
	Workspace string
	// Bin is the folder of the binaries.
	Bin string
	// Spawner starts the go command, so that it does not outlive this program.
	Spawner *process.Spawner

	sum string // of the sources, once it is known
}

// flags make binaries small and the same wherever they are built; without the commit in them, a commit changes none.
var flags = []string{"-trimpath", "-buildvcs=false", "-ldflags", "-s -w"}

// FindWorkspace looks for go.work from dir upwards.
func FindWorkspace(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.work")); err == nil {
			return d, nil
		}
		if d == filepath.Dir(d) {
			return "", fmt.Errorf("there is no go.work in %s or above; run this inside the workspace", dir)
		}
	}
}

// Build makes the binaries of packages, and returns where each is, by package, and whether there was anything to do. The
// set has a name, under which is kept what it was built from. Its error is the go command's own words.
func (b *Builder) Build(ctx context.Context, set string, packages []string) (binaries map[string]string, built bool, err error) {
	packages = slices.Compact(slices.Sorted(slices.Values(packages)))
	before, err := b.fingerprint(packages)
	if err != nil {
		return nil, false, err
	}
	binaries = map[string]string{}
	rounds := rounds(packages)
	for i, round := range rounds {
		for _, pkg := range round {
			binaries[pkg] = filepath.Join(b.folder(set, i), path.Base(pkg))
		}
	}
	if b.unchanged(set, before, binaries) {
		return binaries, false, nil
	}
	for i, round := range rounds {
		if err := b.round(ctx, b.folder(set, i), round); err != nil {
			return nil, true, err
		}
	}
	// The fingerprint is from before the build: what was edited meanwhile is built again the next time.
	return binaries, true, b.remember(set, before, binaries)
}

// folder holds the binaries of a round. It stays, because go build links again only those that differ from what is there.
func (b *Builder) folder(set string, round int) string {
	return filepath.Join(b.Bin, set, strconv.Itoa(round))
}

// rounds splits packages so that in each round all have different last elements: one go build names its binaries after
// those. Most packages are in the first round.
func rounds(packages []string) [][]string {
	var result [][]string
	next := map[string]int{}
	for _, pkg := range packages {
		name := path.Base(pkg)
		i := next[name]
		next[name]++
		if i == len(result) {
			result = append(result, nil)
		}
		result[i] = append(result[i], pkg)
	}
	return result
}

// round builds packages by one go build into folder.
func (b *Builder) round(ctx context.Context, folder string, packages []string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	args := slices.Concat([]string{"build"}, flags, []string{"-o", folder + string(filepath.Separator)}, packages)
	if err := b.goCommand(ctx, args...); err != nil {
		return err
	}
	for _, pkg := range packages {
		if _, err := os.Stat(filepath.Join(folder, path.Base(pkg))); err != nil {
			return fmt.Errorf("build: %s is no program; an image must name a package main", pkg)
		}
	}
	return nil
}

// goGrace is for a go command that is not to go on; it has nothing to save.
const goGrace = time.Second

// goCommand runs go without cgo: the binaries then need nothing of the machine, as those that ko builds.
func (b *Builder) goCommand(ctx context.Context, args ...string) error {
	path, err := goPath()
	if err != nil {
		return err
	}
	var output []string
	p, err := b.Spawner.Start(process.Spec{
		Name: "go build", Kind: "build", Path: path, Args: args, Dir: b.Workspace, Env: append(os.Environ(), "CGO_ENABLED=0"),
		Line: func(line string) { output = append(output, line) },
	})
	if err != nil {
		return fmt.Errorf("build: %w", err)
	}
	err = p.Wait(ctx, goGrace)
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("build failed:\n%s", strings.Join(output, "\n"))
	}
	return err
}

func goPath() (string, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return "", errors.New("build: the go command is not in PATH; install Go from https://go.dev/dl")
	}
	return path, nil
}
