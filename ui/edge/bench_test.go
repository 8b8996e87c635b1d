package edge

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkForward measures a command through the gateway beside the same command sent straight to the function: the
// difference is what the gateway costs.
func BenchmarkForward(b *testing.B) {
	function := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = w.Write([]byte("{}\n"))
	}))
	defer function.Close()
	gateway := gatewayBefore(b, function.URL, io.Discard)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	for _, way := range []struct{ name, url string }{{"directly", function.URL + "/api/orders"}, {"through the gateway", gateway.URL + "/api/orders"}} {
		b.Run(way.name, func(b *testing.B) {
			for b.Loop() {
				resp, err := client.Post(way.url, "application/json", strings.NewReader(`{"ticket_id":"0197"}`))
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					b.Fatal(resp.Status)
				}
			}
		})
	}
}
