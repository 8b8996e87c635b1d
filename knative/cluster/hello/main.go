// Command hello is what the product is measured against: the least that a Go function can be. It answers, and remembers the events it heard. As a
// subscriber it can fail and reply, so that a cluster's Broker can be held to what it promises.
//
//	GET  /              what was heard, by the event's id
//	POST /              hears
//	POST /fail/{times}  answers 500 the first times it hears an event
//	POST /reply/{type}  replies with an event of that type
package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// event is what is remembered of an event that came once or more often.
type event struct {
	At     time.Time         `json:"at"`    // when it came first
	Times  int               `json:"times"` // how often it came
	Header map[string]string `json:"header"`
	Body   string            `json:"body"`
}

type memory struct {
	mu    sync.Mutex
	heard map[string]event
}

func main() {
	m := memory{heard: map[string]event{}}
	http.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		_ = json.NewEncoder(w).Encode(m.heard)
	})
	http.HandleFunc("POST /", func(_ http.ResponseWriter, r *http.Request) { m.hear(r) })
	http.HandleFunc("POST /fail/{times}", func(w http.ResponseWriter, r *http.Request) {
		if times, _ := strconv.Atoi(r.PathValue("times")); m.hear(r) <= times {
			http.Error(w, "not yet", http.StatusInternalServerError)
		}
	})
	http.HandleFunc("POST /reply/{type}", func(w http.ResponseWriter, r *http.Request) {
		m.hear(r)
		for name, value := range map[string]string{"Specversion": "1.0", "Id": r.Header.Get("Ce-Id") + "-reply", "Source": "/hello", "Type": r.PathValue("type")} {
			w.Header().Set("Ce-"+name, value)
		}
	})
	if err := http.ListenAndServe(":"+os.Getenv("PORT"), nil); err != nil {
		os.Exit(1)
	}
}

// hear remembers an event and says how often it came.
func (m *memory) hear(r *http.Request) int {
	body, _ := io.ReadAll(r.Body)
	header := map[string]string{}
	for name := range r.Header {
		header[name] = r.Header.Get(name)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	id := r.Header.Get("Ce-Id")
	one := m.heard[id]
	if one.Times == 0 {
		one = event{At: time.Now(), Header: header, Body: string(body)}
	}
	one.Times++
	m.heard[id] = one
	return one.Times
}
