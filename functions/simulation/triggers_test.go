package simulation

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	nameOf    = regexp.MustCompile(`(?m)^  name: (\S+)$`)
	typeOf    = regexp.MustCompile(`(?m)^\s+(?:- exact:\n\s+)?type: (\S+)$`)
	timeoutOf = regexp.MustCompile(`(?m)^\s+timeout: PT(\d+)S$`)
)

// The simulated Broker brings the events that the manifests' Triggers name, and no others.
func TestTriggersAreTheManifests(t *testing.T) {
	files, err := filepath.Glob("../../knative/base/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no manifests found", err)
	}
	found := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for document := range strings.SplitSeq(string(text), "\n---\n") {
			if strings.Contains(document, "kind: Trigger\n") {
				name := nameOf.FindStringSubmatch(document)[1]
				found[name] = true
				compare(t, name, document)
			}
		}
	}
	for _, trigger := range Triggers {
		if !found[trigger.Name] {
			t.Errorf("%s has no manifest", trigger.Name)
		}
	}
}

func compare(t *testing.T, name, document string) {
	i := slices.IndexFunc(Triggers, func(x Trigger) bool { return x.Name == name })
	if i < 0 {
		t.Errorf("%s is not simulated", name)
		return
	}
	var want, got []string
	for _, typ := range Triggers[i].Types {
		got = append(got, string(typ))
	}
	for _, m := range typeOf.FindAllStringSubmatch(document, -1) {
		want = append(want, m[1])
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Errorf("%s: the manifest has %v, the simulation %v", name, want, got)
	}
	timeout := patience
	if m := timeoutOf.FindStringSubmatch(document); m != nil {
		timeout, _ = time.ParseDuration(m[1] + "s") // digits
	}
	if timeout != Triggers[i].Timeout {
		t.Errorf("%s: the manifest waits %s, the simulation %s", name, timeout, Triggers[i].Timeout)
	}
}
