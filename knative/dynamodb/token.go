package dynamodb

import (
	"sync"
	"time"
)

const (
	// tokenLife is how long a ClientRequestToken makes a repeated transaction return its first answer.
	tokenLife = 10 * time.Minute
	// maxTokens bounds their memory; beyond it the oldest are forgotten first.
	maxTokens = 10_000
)

// tokens remembers transactions by their ClientRequestToken. It is kept in memory: a restart forgets it.
type tokens struct {
	mu    sync.Mutex
	known map[string]*tokenUse
	order []string // by age
}

type tokenUse struct {
	mu     sync.Mutex // held while the transaction runs, so that a repeated one waits for its answer
	body   [32]byte
	until  time.Time
	answer []byte
}

// once runs a transaction unless the token has been used for it and it succeeded; then it returns that answer.
func (t *tokens) once(token string, body [32]byte, now time.Time, run func() ([]byte, error)) ([]byte, error) {
	use := t.use(token, body, now)
	use.mu.Lock()
	defer use.mu.Unlock()
	if use.body != body {
		return nil, &failure{kind: modelErrors + "IdempotentParameterMismatchException",
			message: "This ClientRequestToken was used with other parameters in the last ten minutes"}
	}
	if use.answer != nil {
		return use.answer, nil
	}
	answer, err := run()
	if err == nil {
		use.answer = answer
	}
	return answer, err
}

func (t *tokens) use(token string, body [32]byte, now time.Time) *tokenUse {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.order) > 0 && (len(t.order) > maxTokens || t.known[t.order[0]].until.Before(now)) {
		delete(t.known, t.order[0])
		t.order = t.order[1:]
	}
	if use := t.known[token]; use != nil {
		return use
	}
	if t.known == nil {
		t.known = map[string]*tokenUse{}
	}
	use := &tokenUse{body: body, until: now.Add(tokenLife)}
	t.known[token] = use
	t.order = append(t.order, token)
	return use
}
