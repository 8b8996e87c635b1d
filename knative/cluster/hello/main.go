// Command hello is what the product is measured against: the least that a Go function can be. It answers, and remembers when it heard an event.
package main

import (
	"encoding/json"
	"net/http"
	"os"
	"sync"
	"time"
)

func main() {
	var mu sync.Mutex
	heard := map[string]time.Time{} // by the event's id
	http.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_ = json.NewEncoder(w).Encode(heard)
	})
	http.HandleFunc("POST /", func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		heard[r.Header.Get("Ce-Id")] = time.Now()
	})
	if err := http.ListenAndServe(":"+os.Getenv("PORT"), nil); err != nil {
		os.Exit(1)
	}
}
