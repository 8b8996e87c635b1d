package function

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"usher.example/shared/caller"
)

// TestEventsAreTakenFromTheBroker holds the door of each event function: shared/caller says which tokens are good.
func TestEventsAreTakenFromTheBroker(t *testing.T) {
	der, err := x509.MarshalPKIXPublicKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public())
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{caller.Setting: base64.StdEncoding.EncodeToString(der), "K_SERVICE": "tickets-on-order"}
	var log bytes.Buffer
	env := &Env{Now: time.Now, Getenv: func(name string) string { return settings[name] }, Log: slog.New(slog.NewJSONHandler(&log, nil))}
	reached := false
	inside := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true })
	h, err := forBroker(inside, env)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}")))
	if w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "" || reached || !strings.Contains(log.String(), "not from the Broker") {
		t.Errorf("answered %d %v, reached %v; log: %s", w.Code, w.Header(), reached, log.String())
	}
	for name := range settings {
		kept := settings[name]
		settings[name] = ""
		if _, err := forBroker(inside, env); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
		settings[name] = kept
	}
}
