package local

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A whole system, with store, Broker, a Job, a Trigger and a PingSource, that is killed in every way.
func TestLife(t *testing.T) {
	data := folder(t)
	r := begin(t, data, "testdata/whole").up()
	listened := func() (count int64) {
		_, s, _ := get(t, r.inside("listener/"))
		return s.Count
	}
	t.Run("JobRanBeforeAllElse", func(t *testing.T) {
		out := r.out.String()
		if job := strings.Index(out, "the store answers 200"); job < 0 || job > strings.Index(out, "ready after") {
			t.Errorf("said\n%s", out)
		}
	})
	t.Run("PingComesAtOnceThroughTheBroker", func(t *testing.T) {
		r.says("listener is up")
	})
	t.Run("EventsReachTheirTrigger", func(t *testing.T) {
		before := listened()
		publish(t, r.find("broker").Address)
		until(t, func() bool { return listened() > before+1 })
	})
	for _, name := range []string{"broker", "store"} {
		t.Run("Killed "+name+" comes back at its address", func(t *testing.T) {
			before := r.find(name)
			if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			r.says(name + " is back after")
			after := r.find(name)
			if after.PID == before.PID || after.Address != before.Address || after.Kind != name {
				t.Errorf("before %+v, after %+v", before, after)
			}
		})
	}
	before := r.processes()
	t.Run("KilledRuntimeTakesAllWithIt", func(t *testing.T) {
		r.signal(syscall.SIGKILL)
		<-r.done
		for _, e := range before {
			until(t, func() bool { return !alive(e.PID) })
		}
	})
	again := begin(t, data, "testdata/whole").up()
	t.Run("StartsAgainAtTheSameAddresses", func(t *testing.T) {
		for _, e := range before {
			if e.Kind == "function" {
				continue
			}
			if after := again.find(e.Name); after.Address != e.Address {
				t.Errorf("%s was at %s and is at %s", e.Name, e.Address, after.Address)
			}
		}
	})
	t.Run("SecondOnTheSameFolderIsRefused", func(t *testing.T) {
		if line := begin(t, data, "testdata/whole").fails(); !strings.Contains(line, "is in use by the runtime with pid") {
			t.Errorf("said %q", line)
		}
		publish(t, again.find("broker").Address) // the first is as before
	})
	t.Run("SecondSignalKills", func(t *testing.T) {
		broker := again.find("broker")
		if err := syscall.Kill(broker.PID, syscall.SIGSTOP); err != nil { // it cannot stop in order
			t.Fatal(err)
		}
		again.signal(syscall.SIGINT)
		again.says("stopping")
		again.signal(syscall.SIGINT)
		<-again.done
		until(t, func() bool { return !alive(broker.PID) })
	})
}

func publish(t *testing.T, broker string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+broker+"/usher/usher", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Ce-Specversion": "1.0", "Ce-Id": "1", "Ce-Source": "/test", "Ce-Type": "test", "Content-Type": "application/json"} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		t.Fatalf("the Broker answers %d", resp.StatusCode)
	}
}

func TestBeforeItIsReady(t *testing.T) {
	r := begin(t, folder(t), patched(t, "small", " []\n", slowJob))
	r.says("waiting for nothing")
	text, err := os.ReadFile(filepath.Join(r.data, "lock"))
	var lock struct{ Address string }
	if err == nil {
		err = json.Unmarshal(text, &lock)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/healthz", "/api/x"} {
		resp, err := http.Get(lock.Address + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d, Retry-After %q", path, resp.StatusCode, resp.Header.Get("Retry-After"))
		}
	}
	r.signal(syscall.SIGTERM)
	<-r.done
	if code := r.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("interrupted at its start it ends with %d", code)
	}
}

func TestStartFailures(t *testing.T) {
	for _, tt := range []struct {
		name      string
		manifests func(t *testing.T) string
		prepare   func(t *testing.T, data string)
		setting   func(t *testing.T) string
		want      string
	}{
		{name: "PortInUse", setting: func(t *testing.T) string { return fmt.Sprint("PORT=", taken(t)) }, want: "is in use; stop what uses it, or set PORT to another"},
		{name: "BadSetting", setting: func(*testing.T) string { return "IDLE=soon" }, want: "IDLE: "},
		{name: "DataIsAFile", setting: func(t *testing.T) string {
			file := filepath.Join(t.TempDir(), "file")
			write(t, file, "")
			return "DATA=" + file
		}, want: "name a folder that can be written to"},
		{name: "DamagedSecrets", prepare: func(t *testing.T, data string) { write(t, filepath.Join(data, "secrets.json"), "{") }, want: "secrets.json is damaged"},
		{name: "DamagedPorts", prepare: func(t *testing.T, data string) { write(t, filepath.Join(data, "ports.json"), "{") }, want: "ports.json is damaged"},
		{name: "NoManifests", manifests: func(t *testing.T) string { return t.TempDir() }, want: "manifests: render"},
		{name: "UnknownPlaceholder", manifests: func(t *testing.T) string {
			return patched(t, "small", `
  - target: {kind: ConfigMap, name: platform}
    patch: '[{"op": "add", "path": "/data/X", "value": "$(NOTHING)"}]'
`, "")
		}, want: "$(NOTHING) is not known; there are: BROKER_ADDRESS"},
		{name: "UnknownSecret", manifests: func(t *testing.T) string {
			return patched(t, "small", `
  - target: {kind: Service, name: kept}
    patch: '[{"op": "add", "path": "/spec/template/spec/containers/0/envFrom", "value": [{"secretRef": {"name": "nobodys"}}]}]'
`, "")
		}, want: "Service kept: envFrom: there is no Secret nobodys"},
		{name: "FailingJob", manifests: func(t *testing.T) string {
			return patched(t, "whole", `
  - target: {kind: Job}
    patch: '[{"op": "add", "path": "/spec/template/spec/containers/0/env", "value": [{"name": "JOB_FAIL", "value": "no tables today"}]}]'
`, "")
		}, want: "Job first: no tables today"},
		{name: "DamagedStore", manifests: func(*testing.T) string { return "testdata/whole" }, prepare: func(t *testing.T, data string) {
			write(t, filepath.Join(data, "store.db"), strings.Repeat("not a store", 10_000))
		}, want: "store.db"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data, manifests, setting := folder(t), "testdata/small", "LOG_LEVEL="
			if tt.manifests != nil {
				manifests = tt.manifests(t)
			}
			if tt.prepare != nil {
				tt.prepare(t, data)
			}
			if tt.setting != nil {
				setting = tt.setting(t)
			}
			r := begin(t, data, manifests, setting)
			if line := r.fails(); !strings.Contains(line, tt.want) {
				t.Errorf("said %q, want %q in it", line, tt.want)
			}
			if text, err := os.ReadFile(filepath.Join(data, "processes.json")); err == nil && !bytes.Equal(bytes.TrimSpace(text), []byte("[]")) {
				t.Errorf("left running: %s", text)
			}
		})
	}
}

// slowJob is a Job that runs until it is stopped: a test function with nobody to ask it anything.
const slowJob = `
apiVersion: batch/v1
kind: Job
metadata: {name: slow, namespace: usher}
spec:
  template:
    spec:
      containers:
        - image: ko://usher.example/knative/local/internal/testfunction
          env:
            - {name: PORT, value: "0"}
            - {name: K_REVISION, value: waiting for nothing}
`

// patched is an overlay of a fixture with these kustomize patches and these manifests.
func patched(t *testing.T, fixture, patches, manifests string) string {
	t.Helper()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	base, err := filepath.Rel(dir, filepath.Join(wd, "testdata", fixture))
	if err != nil {
		t.Fatal(err)
	}
	text := "resources:\n  - " + base + "\n"
	if manifests != "" {
		write(t, filepath.Join(dir, "more.yaml"), manifests)
		text += "  - more.yaml\n"
	}
	write(t, filepath.Join(dir, "kustomization.yaml"), text+"patches:"+patches)
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
