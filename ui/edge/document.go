package edge

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// document is one file as it is sent: as it is, and compressed beforehand where that pays.
type document struct {
	kind    string // media type
	caching string
	etag    string
	plain   []byte
	coded   []coded // the best first
}

type coded struct {
	name, suffix string // of the content coding, and of the file's name
	body         []byte
}

// codings are tried in this order: Brotli is a fifth smaller.
var codings = []coded{{name: "br", suffix: ".br"}, {name: "gzip", suffix: ".gz"}}

const (
	forever    = "public, max-age=31536000, immutable"
	revalidate = "no-cache"
)

// kinds are the media types that a machine's own table may lack.
var kinds = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8",
	".json": "application/json", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".png": "image/png",
	".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8",
}

// newDocument is a document that is looked at again before each use.
func newDocument(body []byte, kind string) *document {
	sum := sha256.Sum256(body)
	return &document{kind: kind, caching: revalidate, etag: `"` + hex.EncodeToString(sum[:12]) + `"`, plain: body}
}

// compressed adds what a build has not: the document in gzip.
func (d *document) compressed() (*document, error) {
	var body bytes.Buffer
	z := gzip.NewWriter(&body)
	if _, err := z.Write(d.plain); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	d.coded = append(d.coded, coded{name: "gzip", body: body.Bytes()})
	return d, nil
}

// readDocument reads a file and what was compressed of it. A file whose name carries a hash never changes.
func readDocument(files fs.FS, name string) (*document, error) {
	body, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	kind := kinds[path.Ext(name)]
	if kind == "" {
		kind = mime.TypeByExtension(path.Ext(name))
	}
	var d *document
	if strings.HasPrefix(name, assetFolder) {
		d = &document{kind: kind, caching: forever, plain: body}
	} else {
		d = newDocument(body, kind)
	}
	for _, c := range codings {
		c.body, err = fs.ReadFile(files, name+c.suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		d.coded = append(d.coded, c)
	}
	return d, nil
}

func (d *document) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !readOnly(w, r) {
		return
	}
	h := w.Header()
	h.Set("Cache-Control", d.caching)
	body, etag := d.plain, d.etag
	if len(d.coded) > 0 {
		h.Add("Vary", "Accept-Encoding")
	}
	for _, c := range d.coded {
		if accepts(r.Header.Get("Accept-Encoding"), c.name) {
			h.Set("Content-Encoding", c.name)
			body = c.body
			if etag != "" {
				etag = strings.TrimSuffix(etag, `"`) + "-" + c.name + `"`
			}
			break
		}
	}
	if etag != "" {
		h.Set("ETag", etag)
		if names(r.Header.Get("If-None-Match"), etag) {
			h.Del("Content-Encoding")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Type", d.kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader went away: nobody to tell
	}
}

// accepts says whether an Accept-Encoding header takes a coding.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), coding) {
			quality, found := strings.CutPrefix(strings.TrimSpace(params), "q=")
			q, err := strconv.ParseFloat(quality, 64)
			return !found || err == nil && q > 0
		}
	}
	return false
}

// names says whether an If-None-Match header lists an entity tag; weak tags compare as strong ones do (RFC 9110).
func names(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}
