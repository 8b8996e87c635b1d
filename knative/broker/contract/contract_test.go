package contract_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usher.example/knative/broker/contract"
)

func valid() *contract.Contract {
	return &contract.Contract{Brokers: []contract.Broker{{
		UID: "b1", Namespace: "ns", Name: "default",
		Triggers: []contract.Trigger{{UID: "t1", Namespace: "ns", Name: "t", Subscriber: "http://127.0.0.1:1/x"}},
	}}}
}

func TestSaveAndLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "contract.json")
	if err := contract.Save(path, valid()); err != nil {
		t.Fatal(err)
	}
	c, err := contract.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if b := c.Brokers[0]; b.Path != "/ns/default" || b.Channel != "kn.b1" || b.Triggers[0].UID != "t1" {
		t.Errorf("loaded as %+v", b)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".contract-*")); len(left) != 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

func TestInvalidContracts(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(c *contract.Contract)
		says   string
	}{
		"no uid":             {func(c *contract.Contract) { c.Brokers[0].UID = "" }, "uid"},
		"a uid with a slash": {func(c *contract.Contract) { c.Brokers[0].UID = "a/b" }, "uid"},
		"no name":            {func(c *contract.Contract) { c.Brokers[0].Name = "" }, "namespace and name"},
		"a bad path":         {func(c *contract.Contract) { c.Brokers[0].Path = "/x" }, "path"},
		"a bad channel":      {func(c *contract.Contract) { c.Brokers[0].Channel = "a.>" }, "channel"},
		"two of a path": {func(c *contract.Contract) {
			b := c.Brokers[0]
			b.UID = "b2"
			b.Triggers = nil
			c.Brokers = append(c.Brokers, b)
		}, "already used"},
		"two triggers of a uid": {func(c *contract.Contract) {
			c.Brokers[0].Triggers = append(c.Brokers[0].Triggers, c.Brokers[0].Triggers[0])
		}, "already used"},
		"a relative subscriber": {func(c *contract.Contract) { c.Brokers[0].Triggers[0].Subscriber = "/x" }, "subscriber"},
		"a subscriber by ftp":   {func(c *contract.Contract) { c.Brokers[0].Triggers[0].Subscriber = "ftp://x/y" }, "subscriber"},
		"a bad sink":            {func(c *contract.Contract) { c.Brokers[0].Triggers[0].DeadLetterSink = "x" }, "deadLetterSink"},
		"too parallel":          {func(c *contract.Contract) { c.Brokers[0].Triggers[0].Parallelism = 1 << 20 }, "parallelism"},
	} {
		t.Run(name, func(t *testing.T) {
			c := valid()
			tc.change(c)
			err := contract.Save(filepath.Join(t.TempDir(), "c.json"), c)
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error is %v, should say %q", err, tc.says)
			}
		})
	}
	for name, text := range map[string]string{"no JSON": "{", "an array": "[]", "empty": ""} {
		t.Run(name, func(t *testing.T) {
			if _, err := contract.Parse([]byte(text)); err == nil {
				t.Error("it was taken")
			}
		})
	}
}

// TestWatch follows a file that is swapped the way Kubernetes swaps a ConfigMap:
// through a symbolic link to a folder.
func TestWatch(t *testing.T) {
	dir := t.TempDir()
	write := func(version string, c *contract.Contract, garbage string) {
		t.Helper()
		folder := filepath.Join(dir, version)
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		data, _ := json.Marshal(c)
		if garbage != "" {
			data = []byte(garbage)
		}
		if err := os.WriteFile(filepath.Join(folder, "contract.json"), data, 0o644); err != nil {
			t.Fatal(err)
		}
		link := filepath.Join(dir, "next")
		if err := os.Symlink(folder, link); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(link, filepath.Join(dir, "current")); err != nil {
			t.Fatal(err)
		}
	}
	write("v1", valid(), "")
	got := make(chan string, 10)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		contract.Watch(ctx, filepath.Join(dir, "current", "contract.json"), 5*time.Millisecond, slog.New(slog.DiscardHandler),
			func(c *contract.Contract) { got <- c.Brokers[0].Name })
	}()
	defer func() { cancel(); <-done }()
	expect := func(name string) {
		t.Helper()
		select {
		case applied := <-got:
			if applied != name {
				t.Fatalf("applied %q, want %q", applied, name)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%q was not applied", name)
		}
	}
	expect("default")
	write("v2", nil, "{broken")
	changed := valid()
	changed.Brokers[0].Name = "renamed"
	write("v3", changed, "")
	expect("renamed") // the broken one in between was not applied, and did no harm
}

func FuzzParse(f *testing.F) {
	data, _ := json.Marshal(valid())
	f.Add(data)
	f.Add([]byte(`{"brokers":[{"triggers":[{"filters":[{"not":{}}]}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := contract.Parse(data); err == nil {
			if err := c.Validate(); err != nil {
				t.Errorf("parsed, yet invalid: %v", err)
			}
		}
	})
}
