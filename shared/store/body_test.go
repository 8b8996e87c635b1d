package store

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// lateBody is a body as the SDK's: it is closed when the answer begins, and net/http looks at its end only after that.
type lateBody struct {
	io.Reader
	closed chan struct{}
}

func (b lateBody) WriteTo(io.Writer) (int64, error) {
	b.wait()
	return 0, io.EOF
}

func (b lateBody) wait() {
	select {
	case <-b.closed:
	case <-time.After(5 * time.Second):
	}
}

func (b lateBody) Close() error { return nil }

// The answer to a request whose body was closed early is read to its end.
func TestPlainBody(t *testing.T) {
	const large = 8 << 20
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadFull(r.Body, make([]byte, 4))
		_, _ = w.Write(make([]byte, large))
	}))
	defer server.Close()
	body := lateBody{Reader: strings.NewReader("1234"), closed: make(chan struct{})}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = 4
	resp, err := (&http.Client{Transport: plainBody{http.DefaultTransport}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	close(body.closed)
	time.Sleep(20 * time.Millisecond) // net/http has looked at the end by now
	n, err := io.Copy(io.Discard, resp.Body)
	if err != nil || n != large {
		t.Errorf("read %d bytes of %d: %v", n, large, err)
	}
	_ = resp.Body.Close()
}
