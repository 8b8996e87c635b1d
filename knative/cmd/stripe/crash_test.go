package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	stripego "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
	stripehook "github.com/stripe/stripe-go/v76/webhook"

	"usher.example/knative/stripe"
)

const (
	crashSecret = "whsec_crash"
	readyWithin = 20 * time.Second
	crashes     = 4
	buyers      = 6
)

// TestMain lets this test binary be the command, so that a test can kill it.
func TestMain(m *testing.M) {
	if os.Getenv("USHER_TEST_AS_COMMAND") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is the command, running.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

func startProcess(t *testing.T, addr, data, webhook string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0], "-addr", addr, "-data", data, "-webhook", webhook), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), "USHER_TEST_AS_COMMAND=1", envWebhookSecret+"="+crashSecret, envRealKey+"=")
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is what the test made it
		close(p.done)
	}()
	t.Cleanup(p.kill)
	await(t, "the command is ready", func() bool {
		res, err := http.Get("http://" + addr + "/healthz")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	return p
}

// kill ends the command as a power cut would.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL) // it may have ended before
	<-p.done
}

func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(readyWithin)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, readyWithin)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func get(t *testing.T, url string, v any) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(v); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
}

// shop hears webhooks, most of them only after it refused them once.
type shop struct {
	mu     sync.Mutex
	seen   map[string]bool // events refused once
	types  map[string]map[string]bool
	broken []error
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the double died while it was sending
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := stripehook.ConstructEvent(body, r.Header.Get("Stripe-Signature"), crashSecret)
	if err != nil {
		s.broken = append(s.broken, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if !s.seen[e.ID] {
		s.seen[e.ID] = true
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	id, _ := e.Data.Object["id"].(string)
	if s.types[id] == nil {
		s.types[id] = map[string]bool{}
	}
	s.types[id][string(e.Type)] = true
}

// answers remembers what buyers were told before the crash.
type answers struct {
	mu      sync.Mutex
	intents map[string]string // idempotency key → PaymentIntent
	asked   []string
}

func pay(api *client.API, key string) (*stripego.PaymentIntent, error) {
	p := &stripego.PaymentIntentParams{
		Amount: stripego.Int64(4200), Currency: stripego.String("usd"), PaymentMethodTypes: []*string{stripego.String("card")}, CaptureMethod: stripego.String("manual"),
		PaymentMethod: stripego.String("pm_card_visa"), Confirm: stripego.Bool(true),
	}
	p.AddMetadata("order_id", key)
	p.SetIdempotencyKey(key)
	return api.PaymentIntents.New(p)
}

// buy pays one order after another until the double is gone.
func (a *answers) buy(api *client.API, name string) {
	for i := 0; ; i++ {
		key := fmt.Sprintf("%s-%d", name, i)
		a.mu.Lock()
		a.asked = append(a.asked, key)
		a.mu.Unlock()
		in, err := pay(api, key)
		if err != nil {
			return
		}
		a.mu.Lock()
		a.intents[key] = in.ID
		a.mu.Unlock()
	}
}

// What was answered before a SIGKILL is there after it, a call whose answer was
// lost can be repeated with its key, and every webhook arrives.
func TestSIGKILLLosesNothing(t *testing.T) {
	told := &shop{seen: map[string]bool{}, types: map[string]map[string]bool{}}
	hook := httptest.NewServer(told)
	t.Cleanup(hook.Close)
	addr, data := freeAddr(t), filepath.Join(t.TempDir(), "stripe.db")
	backend := stripego.GetBackendWithConfig(stripego.APIBackend, &stripego.BackendConfig{
		URL: stripego.String("http://" + addr), MaxNetworkRetries: stripego.Int64(0), LeveledLogger: &stripego.LeveledLogger{Level: stripego.LevelNull},
		HTTPClient: &http.Client{Timeout: readyWithin, Transport: &http.Transport{DisableKeepAlives: true}},
	})
	api := client.New(stripe.DefaultSecretKey, &stripego.Backends{API: backend})
	known := &answers{intents: map[string]string{}}

	for crash := range crashes {
		p := startProcess(t, addr, data, hook.URL)
		var buying sync.WaitGroup
		for b := range buyers {
			buying.Go(func() { known.buy(api, fmt.Sprintf("crash-%d-buyer-%d", crash, b)) })
		}
		await(t, "buyers pay", func() bool {
			known.mu.Lock()
			defer known.mu.Unlock()
			return len(known.intents) > (crash+1)*40
		})
		p.kill()
		buying.Wait()
	}

	startProcess(t, addr, data, hook.URL)
	for _, key := range known.asked {
		in, err := pay(api, key)
		if err != nil {
			t.Fatalf("%s again: %v", key, err)
		}
		if before := known.intents[key]; before != "" && before != in.ID {
			t.Fatalf("%s was answered with %s before the crash and with %s after it", key, before, in.ID)
		}
		known.intents[key] = in.ID
	}
	var l stripe.Ledger
	get(t, "http://"+addr+"/_double/ledger", &l)
	if len(l.Orders) != len(known.asked) {
		t.Fatalf("the ledger has %d orders; %d were paid", len(l.Orders), len(known.asked))
	}
	for _, o := range l.Orders {
		if o.Authorizations != 1 || o.Held != 4200 || o.Payments[0] != known.intents[o.OrderID] {
			t.Fatalf("order %s: %+v", o.OrderID, o)
		}
	}
	await(t, "all webhooks arrive", func() bool {
		told.mu.Lock()
		defer told.mu.Unlock()
		for _, id := range known.intents {
			if !told.types[id]["payment_intent.created"] || !told.types[id]["payment_intent.amount_capturable_updated"] {
				return false
			}
		}
		return true
	})
	told.mu.Lock()
	defer told.mu.Unlock()
	for _, err := range told.broken {
		t.Errorf("a webhook was not acceptable: %v", err)
	}
	t.Logf("%d payments over %d crashes", len(known.intents), crashes)
}

func TestSIGTERMEndsInOrder(t *testing.T) {
	addr, data := freeAddr(t), filepath.Join(t.TempDir(), "stripe.db")
	p := startProcess(t, addr, data, "http://"+freeAddr(t))
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(readyWithin):
		t.Fatal("the command does not end")
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
}
