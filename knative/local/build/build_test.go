package build

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"usher.example/knative/local/process"
)

// workspace makes a Go workspace of one module with these files.
func workspace(t *testing.T, files map[string]string) *Builder {
	t.Helper()
	dir := t.TempDir()
	files["go.work"] = "go 1.26.0\n\nuse ./m\n"
	files["m/go.mod"] = "module m.example\n\ngo 1.26.0\n"
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	return fresh(&Builder{Workspace: dir, Bin: filepath.Join(dir, "data", "bin")})
}

// unrecorded is for processes that nobody lists.
type unrecorded struct{}

func (unrecorded) Started(*process.Process) {}
func (unrecorded) Ended(*process.Process)   {}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func says(word string) string {
	return "package main\n\nfunc main() { println(\"" + word + "\") }\n"
}

func run(t *testing.T, path string) string {
	t.Helper()
	out, err := exec.Command(path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// fresh is a builder as the next start of the runtime has it.
func fresh(b *Builder) *Builder {
	return &Builder{Workspace: b.Workspace, Bin: b.Bin, Spawner: process.NewSpawner(unrecorded{})}
}

func TestBuild(t *testing.T) {
	packages := []string{"m.example/a/show", "m.example/b/show", "m.example/c", "m.example/c"}
	b := workspace(t, map[string]string{
		"m/a/show/main.go": says("a"), "m/b/show/main.go": says("b"), "m/c/main.go": says("c"), "m/c/x_test.go": "package main\n",
	})
	binaries, built, err := b.Build(t.Context(), "set", packages)
	if err != nil || !built || len(binaries) != 3 {
		t.Fatalf("binaries %v, built %v, error %v", binaries, built, err)
	}
	check := func(pkg, want string) {
		t.Helper()
		if got := run(t, binaries[pkg]); got != want {
			t.Errorf("%s says %q, want %q", pkg, got, want)
		}
	}
	t.Run("SameNamesDoNotMix", func(t *testing.T) {
		check("m.example/a/show", "a")
		check("m.example/b/show", "b")
		check("m.example/c", "c")
	})
	t.Run("UnchangedIsNotBuilt", func(t *testing.T) {
		write(t, filepath.Join(b.Workspace, "m/c/x_test.go"), "package main // changed\n")
		write(t, filepath.Join(b.Workspace, "data/store.db"), "changed")
		begin := time.Now()
		again, built, err := fresh(b).Build(t.Context(), "set", packages)
		if err != nil || built || !reflect.DeepEqual(again, binaries) {
			t.Errorf("binaries %v, built %v, error %v", again, built, err)
		}
		t.Logf("found unchanged in %v", time.Since(begin))
	})
	t.Run("ChangedSourceIsBuilt", func(t *testing.T) {
		write(t, filepath.Join(b.Workspace, "m/b/show/main.go"), says("other"))
		if _, built, err := fresh(b).Build(t.Context(), "set", packages); err != nil || !built {
			t.Fatalf("built %v, error %v", built, err)
		}
		check("m.example/b/show", "other")
		check("m.example/a/show", "a")
	})
	t.Run("LostBinaryIsBuilt", func(t *testing.T) {
		if err := os.Remove(binaries["m.example/c"]); err != nil {
			t.Fatal(err)
		}
		if _, built, err := fresh(b).Build(t.Context(), "set", packages); err != nil || !built {
			t.Fatalf("built %v, error %v", built, err)
		}
		check("m.example/c", "c")
	})
	t.Run("DamagedRecordIsBuilt", func(t *testing.T) {
		write(t, filepath.Join(b.Bin, recordFile), "{")
		if _, built, err := fresh(b).Build(t.Context(), "set", packages); err != nil || !built {
			t.Errorf("built %v, error %v", built, err)
		}
	})
}

func TestBuildRefuses(t *testing.T) {
	b := workspace(t, map[string]string{
		"m/bad/main.go": "package main\n\nfunc main() { nothing() }\n", "m/lib/lib.go": "package lib\n", "m/good/main.go": says("x"),
	})
	for _, tt := range []struct{ name, pkg, want string }{
		{"WhatDoesNotCompile", "m.example/bad", "undefined: nothing"},
		{"WhatIsNoProgram", "m.example/lib", "must name a package main"},
		{"WhatIsNotThere", "m.example/none", "m.example/none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := fresh(b).Build(t.Context(), "set", []string{"m.example/good", tt.pkg})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if _, built, _ := fresh(b).Build(t.Context(), "set", []string{"m.example/good", tt.pkg}); !built {
				t.Error("what failed is taken for built")
			}
		})
	}
	t.Run("NoGo", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		if _, _, err := fresh(b).Build(t.Context(), "set", []string{"m.example/good"}); err == nil || !strings.Contains(err.Error(), "install Go") {
			t.Errorf("error %v", err)
		}
	})
}

// An interrupt ends a build at once, and what it had made is not taken for whole.
func TestBuildInterrupted(t *testing.T) {
	b := workspace(t, map[string]string{"m/good/main.go": says("x")})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := b.Build(ctx, "set", []string{"m.example/good"}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, built, err := fresh(b).Build(t.Context(), "set", []string{"m.example/good"}); err != nil || !built {
		t.Errorf("built %v, error %v", built, err)
	}
}

func TestFindWorkspace(t *testing.T) {
	b := workspace(t, map[string]string{"m/deep/x": ""})
	if got, err := FindWorkspace(filepath.Join(b.Workspace, "m", "deep")); err != nil || got != b.Workspace {
		t.Errorf("got %s, %v; want %s", got, err, b.Workspace)
	}
	if _, err := FindWorkspace(t.TempDir()); err == nil || !strings.Contains(err.Error(), "inside the workspace") {
		t.Errorf("error %v", err)
	}
}
