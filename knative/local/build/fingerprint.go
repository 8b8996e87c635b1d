package build

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// recordFile says what the binaries were built from.
const recordFile = "build.json"

// environment are the variables that change what go builds.
var environment = []string{"GOFLAGS", "GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GOTOOLCHAIN", "GOWORK", "GODEBUG", "GOFIPS140"}

// record is the state of one set of binaries.
type record struct {
	Sources string `json:"sources"`
	// Binaries are size and time of each, by package: one that was changed or lost is built again.
	Binaries map[string]string `json:"binaries"`
}

// fingerprint sums up everything the binaries are made from: the Go version, the packages asked for, and name, size and
// time of each file in the workspace's modules. The go command knows better, but takes seconds to say that nothing has
// changed; this takes milliseconds, and where in doubt the go command is asked.
func (b *Builder) fingerprint(packages []string) (string, error) {
	h := sha256.New()
	version, err := goVersion()
	if err != nil {
		return "", err
	}
	fmt.Fprintln(h, version, flags, packages)
	for _, name := range environment {
		fmt.Fprintln(h, name, os.Getenv(name))
	}
	if b.sum == "" {
		all := sha256.New()
		if err := sources(all, b.Workspace, filepath.Dir(b.Bin)); err != nil {
			return "", fmt.Errorf("build: %w", err)
		}
		b.sum = hex.EncodeToString(all.Sum(nil))
	}
	fmt.Fprintln(h, b.sum)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// goVersion identifies the toolchain by its file: asking it takes longer than all the rest.
func goVersion() (string, error) {
	path, err := goPath()
	if err != nil {
		return "", err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", fmt.Errorf("build: %w", err)
	}
	stamp, err := stampOf(path)
	return path + " " + stamp, err
}

// sources writes a line for each file that may become part of a program: all of them, as any may be embedded, but those
// that never are: hidden ones, tests, what npm installed, and the runtime's own data.
func sources(w io.Writer, dir, data string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // deleted while this looks
		}
		if err != nil {
			return err
		}
		name := d.Name()
		if path == data || path != dir && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(w, path, stamp(info))
		return err
	})
}

func stamp(info fs.FileInfo) string {
	return fmt.Sprint(info.Size(), " ", info.ModTime().UnixNano())
}

func stampOf(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return stamp(info), nil
}

// unchanged says whether the binaries are there and were built from these sources.
func (b *Builder) unchanged(set, sources string, binaries map[string]string) bool {
	r, ok := b.records()[set]
	if !ok || r.Sources != sources {
		return false
	}
	for pkg, path := range binaries {
		if now, err := stampOf(path); err != nil || r.Binaries[pkg] != now {
			return false
		}
	}
	return true
}

func (b *Builder) remember(set, sources string, binaries map[string]string) error {
	all := b.records()
	r := record{Sources: sources, Binaries: map[string]string{}}
	for pkg, path := range binaries {
		now, err := stampOf(path)
		if err != nil {
			return fmt.Errorf("build: %w", err)
		}
		r.Binaries[pkg] = now
	}
	all[set] = r
	data, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("build: %w", err)
	}
	// Runtimes may share binaries: a reader sees the old records or the new ones.
	file := filepath.Join(b.Bin, recordFile)
	temporary := file + "." + strconv.Itoa(os.Getpid())
	if err := os.WriteFile(temporary, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	if err := os.Rename(temporary, file); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	return nil
}

// records are all that is known of the binaries; nothing, if that is lost or damaged: then they are built again.
func (b *Builder) records() map[string]record {
	all := map[string]record{}
	data, err := os.ReadFile(filepath.Join(b.Bin, recordFile))
	if err != nil || json.NewDecoder(bytes.NewReader(data)).Decode(&all) != nil {
		return map[string]record{}
	}
	return all
}
