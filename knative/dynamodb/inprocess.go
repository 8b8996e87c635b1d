package dynamodb

import (
	"bytes"
	"io"
	"net/http"
)

// HTTPClient returns what the SDK takes as its Options.HTTPClient: requests go to the server without a network.
func (s *Server) HTTPClient() *InProcess { return &InProcess{s} }

// InProcess passes requests to a Server in the same process.
type InProcess struct{ server *Server }

// Do answers the request; its error is the request's context's.
func (c *InProcess) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	defer r.Body.Close()
	w := &memoryResponse{header: http.Header{}, status: http.StatusOK}
	c.server.ServeHTTP(w, r)
	return &http.Response{
		Status:        http.StatusText(w.status),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.header,
		Body:          io.NopCloser(&w.body),
		ContentLength: int64(w.body.Len()),
		Request:       r,
	}, nil
}

// memoryResponse keeps an answer.
type memoryResponse struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *memoryResponse) Header() http.Header         { return w.header }
func (w *memoryResponse) WriteHeader(status int)      { w.status = status }
func (w *memoryResponse) Write(b []byte) (int, error) { return w.body.Write(b) }
