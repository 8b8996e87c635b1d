package dynamodb

import (
	"encoding/base32"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

const (
	// maxBody is DynamoDB's 16 MB for a batch, and what JSON and base64 add to it.
	maxBody      = 24 << 20
	targetPrefix = "DynamoDB_20120810."
	contentType  = "application/x-amz-json-1.0"
)

// ServeHTTP answers the API at POST /, GET / once it is ready, and GET /_usher/consumed with the running account.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		s.serveGet(w, r)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "use POST with X-Amz-Target: "+targetPrefix+"<operation>", http.StatusMethodNotAllowed)
		return
	}
	body, err := readBody(w, r)
	if err == nil {
		err = s.authenticate(r, body)
	}
	var answer []byte
	if err == nil {
		answer, err = s.call(r, body)
	}
	status := http.StatusOK
	if err != nil {
		answer, status = s.refuse(r, err)
	}
	h := w.Header()
	h["Content-Type"] = []string{contentType}
	h["X-Amzn-Requestid"] = []string{requestID()}
	h["X-Amz-Crc32"] = []string{strconv.FormatUint(uint64(crc32.ChecksumIEEE(answer)), 10)}
	h["Content-Length"] = []string{strconv.Itoa(len(answer))}
	w.WriteHeader(status)
	w.Write(answer) // the client is gone if this fails; there is nobody to tell
}

func (s *Server) serveGet(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, "healthy: dynamodb\n")
	case "/_usher/consumed":
		account, err := json.Marshal(s.Consumed(), json.Deterministic(true))
		if err != nil {
			http.Error(w, "the account cannot be written: "+err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write(account)
	default:
		http.NotFound(w, r)
	}
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	reader := http.MaxBytesReader(w, r.Body, maxBody)
	if n := r.ContentLength; n > 0 && n <= maxBody {
		body := make([]byte, n)
		if _, err := io.ReadFull(reader, body); err != nil {
			return nil, serialization("The request body is shorter than its Content-Length")
		}
		return body, nil
	}
	body, err := io.ReadAll(reader)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, &failure{kind: serviceErrors + "RequestTooLargeException", status: http.StatusRequestEntityTooLarge,
			message: "The request body is larger than " + strconv.Itoa(maxBody) + " bytes"}
	}
	if err != nil {
		return nil, serialization("The request body could not be read")
	}
	return body, nil
}

// call runs the operation that the request names. A panic is a fault of ours: one request fails, the server goes on.
func (s *Server) call(r *http.Request, body []byte) (answer []byte, err error) {
	defer func() {
		if e := recover(); e != nil {
			s.options.Log.Error("panic", "target", r.Header.Get("X-Amz-Target"), "panic", e, "stack", string(debug.Stack()))
			err = errors.New("panic")
		}
	}()
	name, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	operation := operations[name]
	if !ok || operation == nil {
		return nil, &failure{kind: serviceErrors + "UnknownOperationException", message: "X-Amz-Target names no operation of this server: " + r.Header.Get("X-Amz-Target")}
	}
	if len(body) == 0 {
		return nil, serialization("The request has no body")
	}
	return operation(s, body)
}

// operations are what X-Amz-Target may name. Each reads a request's body and writes its answer.
var operations map[string]func(*Server, []byte) ([]byte, error)

func init() { // in init because the functions, which refer to the map through the handler, may not be initial values
	operations = map[string]func(*Server, []byte) ([]byte, error){
		"CreateTable":   (*Server).createTable,
		"DescribeTable": (*Server).describeTable,
		"ListTables":    (*Server).listTables,
		"DeleteTable":   (*Server).deleteTable,
		"GetItem":       (*Server).getItem,
		"PutItem":       (*Server).putItem,
		"UpdateItem":    (*Server).updateItem,
		"DeleteItem":    (*Server).deleteItem,
		"Query":         (*Server).query,
		"Scan":          (*Server).scan,

		"BatchGetItem":       (*Server).batchGetItem,
		"BatchWriteItem":     (*Server).batchWriteItem,
		"TransactGetItems":   (*Server).transactGetItems,
		"TransactWriteItems": (*Server).transactWriteItems,

		"UpdateTable":        (*Server).updateTable,
		"UpdateTimeToLive":   (*Server).updateTimeToLive,
		"DescribeTimeToLive": (*Server).describeTimeToLive,
		"TagResource":        (*Server).tagResource,
		"UntagResource":      (*Server).untagResource,
		"ListTagsOfResource": (*Server).listTags,
		"DescribeLimits":     (*Server).describeLimits,
		"DescribeEndpoints":  (*Server).describeEndpoints,
	}
}

// refuse writes an error as a client gets it.
func (s *Server) refuse(r *http.Request, err error) (answer []byte, status int) {
	f := asFailure(err)
	status = http.StatusBadRequest
	if f.status != 0 {
		status = f.status
	}
	if status >= http.StatusInternalServerError {
		s.options.Log.Error("request failed", "target", r.Header.Get("X-Amz-Target"), "error", err)
	}
	out := newReply()
	out.name("__type").string(f.kind)
	if f.message != "" {
		out.name("message").string(f.message)
	}
	if f.item != nil {
		out.name("Item").item(f.item)
	}
	if f.reasons != nil {
		appendReasons(out, f.reasons)
	}
	return out.end(), status
}

// requestID has the form of AWS's: 52 letters and digits.
func requestID() string {
	var b [32]byte
	for i := 0; i < len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], rand.Uint64())
	}
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])
}
