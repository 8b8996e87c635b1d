package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
)

// transport answers every request, and keeps the last address.
type transport struct{ host string }

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.host = r.URL.Scheme + "://" + r.URL.Host
	_, _ = io.Copy(io.Discard, r.Body)
	body := []byte(`{"Item":{"pk":{"S":"x"},"v":{"N":"3"},"status":{"S":"created"},"title":{"S":"Front row"}}}`)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
}

// opened is a table as FromEnv makes it, whose requests go nowhere.
func opened(tb testing.TB, endpoint string) (*Table, *transport) {
	tb.Helper()
	s, err := FromEnv(func(name string) string {
		return map[string]string{
			"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-central-1", "DYNAMODB_ENDPOINT": endpoint,
		}[name]
	})
	if err != nil {
		tb.Fatal(err)
	}
	to := &transport{}
	s.client.(*dynamodb.Client).Options().HTTPClient.(*http.Client).Transport = to
	return s.Table("orders"), to
}

func TestTheEndpointStaysWhatTheRulesSay(t *testing.T) {
	for name, c := range map[string]struct{ endpoint, want string }{
		"Amazon": {"", "https://dynamodb.eu-central-1.amazonaws.com"},
		"Other":  {"http://127.0.0.1:9", "http://127.0.0.1:9"},
	} {
		t.Run(name, func(t *testing.T) {
			table, to := opened(t, c.endpoint)
			for range 2 {
				if _, err := table.get(t.Context(), Key{PK: "x"}); err != nil {
					t.Fatal(err)
				}
				if to.host != c.want {
					t.Errorf("asked %s, want %s", to.host, c.want)
				}
			}
		})
	}
}

// rules fail the first time.
type rules struct{ asked int }

func (r *rules) ResolveEndpoint(context.Context, dynamodb.EndpointParameters) (smithyendpoints.Endpoint, error) {
	if r.asked++; r.asked == 1 {
		return smithyendpoints.Endpoint{}, errors.New("not now")
	}
	return smithyendpoints.Endpoint{}, nil
}

func TestAnEndpointIsResolvedOnce(t *testing.T) {
	r := &rules{}
	s := &steadyEndpoint{rules: r}
	if _, err := s.ResolveEndpoint(t.Context(), dynamodb.EndpointParameters{}); err == nil {
		t.Error("no error")
	}
	for range 3 {
		if _, err := s.ResolveEndpoint(t.Context(), dynamodb.EndpointParameters{}); err != nil {
			t.Error(err)
		}
	}
	if r.asked != 2 {
		t.Errorf("asked %d times", r.asked)
	}
}

// BenchmarkRequest is what a request costs the caller's processor, without the network and the store.
func BenchmarkRequest(b *testing.B) {
	table, _ := opened(b, "http://127.0.0.1:9")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := table.get(b.Context(), Key{PK: "x"}); err != nil {
			b.Fatal(err)
		}
	}
}
