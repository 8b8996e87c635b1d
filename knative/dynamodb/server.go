package dynamodb

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"usher.example/knative/dynamodb/internal/engine"
)

// What Open's errors are, besides those of the file system; to be told apart with errors.Is.
var (
	ErrLocked  = engine.ErrLocked
	ErrDamaged = engine.ErrCorrupt
	ErrForeign = engine.ErrForeign
)

// Options change how a Server works; the zero value is right for a laptop.
type Options struct {
	// NoSync answers writes before they are on disk: for tests, whose store ends with them.
	NoSync bool
	// Clock tells the time of table creation and, with Credentials, bounds the age of signatures. Default: time.Now.
	Clock func() time.Time
	// Credentials, when set, are demanded of every request: its SigV4 signature is verified. Otherwise any is accepted.
	Credentials *Credentials
	// Log takes what clients are not told, such as errors of the disk. Default: slog.Default().
	Log *slog.Logger
}

// Credentials are one AWS-style pair of keys.
type Credentials struct{ AccessKeyID, SecretAccessKey string }

// Server answers DynamoDB's API from one file. Its methods are safe for concurrent use.
type Server struct {
	options   Options
	engine    engine.Engine
	committer *engine.Committer
	catalog   catalog
	account   account
	tokens    tokens
}

// Open opens the store in the file at path, creating it where there is none. It fails, and leaves the file as it is, when
// another process has it open (ErrLocked), when it is damaged (ErrDamaged) or another program's (ErrForeign), and when it
// cannot be written.
func Open(path string, options Options) (*Server, error) {
	e, err := engine.OpenBolt(path, options.NoSync)
	if err != nil {
		return nil, err
	}
	s, err := newServer(e, options)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), e.Close())
	}
	return s, nil
}

func newServer(e engine.Engine, options Options) (*Server, error) {
	if options.Clock == nil {
		options.Clock = time.Now
	}
	if options.Log == nil {
		options.Log = slog.Default()
	}
	s := &Server{options: options, engine: e, account: account{tables: map[string]Consumed{}}}
	if err := s.catalog.load(e); err != nil {
		return nil, err
	}
	s.committer = engine.NewCommitter(e)
	return s, nil
}

// Close lets the writes under way finish and closes the file. Requests after it are answered with an error.
func (s *Server) Close() error {
	s.committer.Close()
	return s.engine.Close()
}
