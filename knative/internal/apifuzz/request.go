package apifuzz

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Request is one request, with placeholders.
type Request struct {
	Operation string            `json:"operation"`
	Path      string            `json:"path"` // with its query, escaped as it is sent
	Headers   map[string]string `json:"headers,omitempty"`
	Body      Body              `json:"body,omitempty"`
}

// Body is the bytes of a body. As JSON it is text where it can be, else base64 behind "base64:".
type Body []byte

// MarshalJSON implements json.Marshaler.
func (b Body) MarshalJSON() ([]byte, error) {
	if utf8.Valid(b) && !strings.HasPrefix(string(b), bodyCoded) {
		return json.Marshal(string(b))
	}
	return json.Marshal(bodyCoded + base64.StdEncoding.EncodeToString(b))
}

// UnmarshalJSON implements json.Unmarshaler.
func (b *Body) UnmarshalJSON(content []byte) error {
	var s string
	if err := json.Unmarshal(content, &s); err != nil {
		return err
	}
	coded, ok := strings.CutPrefix(s, bodyCoded)
	if !ok {
		*b = Body(s)
		return nil
	}
	decoded, err := base64.StdEncoding.DecodeString(coded)
	*b = decoded
	return err
}

const bodyCoded = "base64:"

// Method is the request's method.
func (r Request) Method() string {
	method, _, _ := strings.Cut(r.Operation, " ")
	return method
}

// Fill puts what exists in the place of placeholders: known gives it by the placeholder's name, such as ticket.
func (r Request) Fill(known func(kind string) string) Request {
	fill := func(s string, escape func(string) string) string {
		for _, kind := range []string{"ticket", "order", "code", "token", "cursor", "etag"} {
			for p := "{{" + kind + "}}"; strings.Contains(s, p); {
				s = strings.Replace(s, p, escape(known(kind)), 1)
			}
		}
		return s
	}
	same := func(s string) string { return s }
	out := Request{Operation: r.Operation, Path: fill(r.Path, url.QueryEscape), Headers: map[string]string{}}
	for name, v := range r.Headers {
		out.Headers[name] = fill(v, same)
	}
	if r.Body != nil {
		out.Body = Body(fill(string(r.Body), same))
	}
	return out
}

// Curl is the command line that sends the request to a system at base, with the session of who sent it.
func (r Request) Curl(base, session string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "curl -i --path-as-is -X %s %s", r.Method(), shell(base+r.Path))
	if session != "" {
		fmt.Fprintf(&b, " -H %s", shell("Cookie: session="+session))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		fmt.Fprintf(&b, " -H %s", shell(name+": "+r.Headers[name]))
	}
	switch {
	case r.Body == nil:
	case utf8.Valid(r.Body) && !strings.Contains(string(r.Body), "\x00"):
		fmt.Fprintf(&b, " --data-raw %s", shell(string(r.Body)))
	default:
		return fmt.Sprintf("echo %s | base64 -d | %s --data-binary @-", base64.StdEncoding.EncodeToString(r.Body), b.String())
	}
	return b.String()
}

func shell(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// Generator makes requests of a document.
type Generator struct {
	d    *Document
	r    *rand.Rand
	path string // of the request that is being made
}

// NewGenerator makes the Generator of a seed.
func NewGenerator(d *Document, seed uint64) *Generator {
	return &Generator{d: d, r: rand.New(rand.NewPCG(seed, 0x75736865722e6170))}
}

func (g *Generator) chance(p float64) bool { return g.r.Float64() < p }

// Next is the next request: a third is as the document wants it.
func (g *Generator) Next() Request {
	o := g.d.Operations[g.r.IntN(len(g.d.Operations))]
	g.path = o.Path
	wrong := !g.chance(1.0 / 3)
	r := Request{Operation: o.Name(), Path: o.Path, Headers: map[string]string{}}
	query := url.Values{}
	for _, p := range o.parameters {
		v := g.parameter(p, wrong)
		switch {
		case p.In == "path":
			r.Path = strings.Replace(r.Path, "{"+p.Name+"}", g.segment(v, wrong), 1)
		case !p.Required && g.chance(0.5):
		case p.In == "query":
			query.Add(p.Name, v)
		case p.In == "header":
			r.Headers[p.Name] = headerValue(v)
		}
	}
	if wrong && g.chance(0.1) {
		query.Add([]string{"limit", "q", "x", "", "cursor", "sort"}[g.r.IntN(6)], plain(surprise(g.r)))
	}
	if encoded := escapeKeepingPlaceholders(query.Encode()); encoded != "" {
		r.Path += "?" + encoded
	}
	if wrong && g.chance(0.05) {
		r.Path += []string{"?%zz", "?&&&=", "?limit=1;limit=2", "/", "//", "/..", "/%2e%2e", "%00", "#x"}[g.r.IntN(9)]
	}
	g.headers(&r, wrong)
	g.body(&r, o, wrong)
	return r
}

func (g *Generator) parameter(p parameter, wrong bool) string {
	if wrong && g.chance(0.2) {
		return plain(surprise(g.r))
	}
	return plain(g.value(p.Name, p.Schema, wrong, 0))
}

// plain is a JSON value as it stands in a path, a query or a header.
func plain(v literal) string {
	var s string
	if json.Unmarshal([]byte(v), &s) == nil {
		return s
	}
	return string(v)
}

// longest bounds what stands in a path or a header: longer ones are refused by HTTP itself.
const longest = 4096

func (g *Generator) segment(v string, wrong bool) string {
	if wrong && g.chance(0.1) {
		return []string{"", ".", "..", "%2e%2e", "%2F", "%00", "%ff", "mine", "config", "webhook", "{id}", ";a=b", "a%20b", strings.Repeat("a", 2000)}[g.r.IntN(14)]
	}
	if strings.HasPrefix(v, "{{") {
		return v
	}
	return url.PathEscape(v[:min(len(v), longest)])
}

func escapeKeepingPlaceholders(s string) string {
	return strings.NewReplacer("%7B%7B", "{{", "%7D%7D", "}}").Replace(s[:min(len(s), 4*longest)])
}

// headerValue is without what a client would refuse to send.
func headerValue(v string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return -1
		}
		return c
	}, v[:min(len(v), longest)])
}

// strange are headers that people, browsers, proxies and attackers send.
var strange = [][2]string{
	{"If-Match", "*"}, {"If-Match", `W/"1", "2"`}, {"If-None-Match", "*"}, {"If-None-Match", `"`}, {"Idempotency-Key", "k"}, {"Idempotency-Key", strings.Repeat("k", 300)}, {"Idempotency-Key", "ключ"},
	{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}, {"X-Forwarded-For", "1.2.3.4, x"}, {"Forwarded", "for=unknown"}, {"X-Forwarded-Proto", "https"}, {"Usher-Client-Address", "nonsense"},
	{"Traceparent", "00-zz"}, {"Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, {"X-Request-Id", strings.Repeat("r", 500)}, {"X-Request-Id", "a b\tc"}, {"Accept", "text/html"}, {"Accept-Encoding", "gzip;q=x, br"},
	{"Range", "bytes=0-0,-1"}, {"Expect", "100-continue"}, {"Content-Encoding", "gzip"}, {"Content-Type", "text/plain"}, {"Content-Type", "application/json; charset=utf-16"}, {"Content-Type", "application/pdf"}, {"Content-Type", "image/png"},
	{"Content-Type", "multipart/form-data"}, {"Content-Type", "/"}, {"Content-Type", ""}, {"Stripe-Signature", "t=1,v1=00"}, {"Stripe-Signature", "t=99999999999999999999,v1="}, {"Ce-Id", "1"}, {"Ce-Type", "usher.order.expired.v1"},
	{"X-Http-Method-Override", "DELETE"}, {"Cookie", "session=eyJhbGciOiJub25lIn0.e30."}, {"Cookie", "session=" + strings.Repeat("a", 3000)}, {"Cookie", "session=a; session=b"}, {"Authorization", "Bearer x"},
}

func (g *Generator) headers(r *Request, wrong bool) {
	for wrong && g.chance(0.2) {
		h := strange[g.r.IntN(len(strange))]
		r.Headers[h[0]] = h[1]
	}
}

func (g *Generator) body(r *Request, o Operation, wrong bool) {
	kinds := slices.Sorted(maps.Keys(o.bodies))
	if len(kinds) == 0 {
		if wrong && o.Method != "GET" && g.chance(0.3) {
			r.Body = Body(surprise(g.r))
		}
		return
	}
	kind := kinds[g.r.IntN(len(kinds))]
	if _, set := r.Headers["Content-Type"]; !set {
		r.Headers["Content-Type"] = kind
	}
	body := string(g.value("", o.bodies[kind], wrong, 0))
	if kind != "application/json" {
		body = file(g.r, kind)
	}
	if wrong && g.chance(0.1) {
		body = damaged(g.r, body)
	}
	r.Body = Body(body)
}

// file begins as one of its kind does, and goes on with anything.
func file(r *rand.Rand, kind string) string {
	start := map[string]string{"application/pdf": "%PDF-1.7\n", "image/png": "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image/jpeg": "\xff\xd8\xff\xe0"}[kind]
	rest := make([]byte, r.IntN(1<<r.IntN(12)+1))
	for i := range rest {
		rest[i] = byte(r.UintN(256))
	}
	return start + string(rest) + map[string]string{"application/pdf": "%%EOF"}[kind]
}

// damaged is a body that something happened to on its way.
func damaged(r *rand.Rand, body string) string {
	at := r.IntN(len(body) + 1)
	switch r.IntN(8) {
	case 0:
		return body[:at]
	case 1:
		return body + body
	case 2:
		return "\ufeff" + body
	case 3:
		return body[:at] + string([]byte{byte(r.UintN(256))}) + body[at:]
	case 4:
		return "[" + body + "]"
	case 5:
		return "null"
	case 6:
		return strings.Repeat(" ", 1<<r.IntN(21)) + body
	}
	return body + " \x00"
}
