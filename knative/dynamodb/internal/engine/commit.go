package engine

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// maxBatch bounds how many changes share one commit, and so how long the first of them waits.
	maxBatch = 256
	// queueLength is how many changes may wait; further callers wait to be queued.
	queueLength = 1024
	// patience is the part of a commit's time that the next batch may wait for callers who were just answered and are
	// likely to be back; maxPatience bounds it where the disk is slow.
	patience    = 4
	maxPatience = 2 * time.Millisecond
)

// Committer makes changes one after another, in batches that share one commit: conditions are decided here, in a single
// goroutine, so conditional writes are linearizable, and many writers share one sync of the disk.
type Committer struct {
	engine Engine
	queue  chan *change
	done   chan struct{}
	mu     sync.RWMutex // guards closed against senders
	closed bool
}

type change struct {
	apply func(Writer) error
	err   error
	done  chan struct{}
}

// NewCommitter starts the committer; Close stops it.
func NewCommitter(e Engine) *Committer {
	c := &Committer{engine: e, queue: make(chan *change, queueLength), done: make(chan struct{})}
	go c.run()
	return c
}

// Do queues a change and returns when it is durable, or with the error that apply returned, or with the engine's. apply
// decides first and writes after: when it returns an error it must have written nothing. It is called again when another
// change of its batch breaks the commit, so all it may leave outside is its last result.
func (c *Committer) Do(apply func(Writer) error) error {
	p := &change{apply: apply, done: make(chan struct{})}
	c.mu.RLock()
	if c.closed {
		c.mu.RUnlock()
		return ErrClosed
	}
	c.queue <- p
	c.mu.RUnlock()
	<-p.done
	return p.err
}

// Close lets the queued changes finish and stops.
func (c *Committer) Close() {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.queue)
	}
	c.mu.Unlock()
	<-c.done
}

func (c *Committer) run() {
	defer close(c.done)
	g := gatherer{queue: c.queue, batch: make([]*change, 0, maxBatch)}
	for first := range c.queue {
		batch := g.gather(first)
		start := time.Now()
		c.commit(batch)
		g.callers, g.pause = len(batch)+len(c.queue), min(time.Since(start)/patience, maxPatience)
		for _, p := range batch {
			close(p.done)
		}
	}
}

// gatherer decides how many changes share a commit. Of many callers that each wait for their answer before they ask
// again, those who were just answered would always miss the batch of those who waited meanwhile; waiting a little for
// them nearly halves the number of commits. A single caller never waits.
type gatherer struct {
	queue   chan *change
	batch   []*change
	callers int           // that are around, as seen at the end of the last commit
	pause   time.Duration // that they are worth
}

func (g *gatherer) gather(first *change) []*change {
	g.batch = append(g.batch[:0], first)
	g.drain()
	if len(g.batch) >= min(g.callers, maxBatch) {
		return g.batch
	}
	timer := time.NewTimer(g.pause)
	defer timer.Stop()
	for len(g.batch) < min(g.callers, maxBatch) {
		select {
		case p, ok := <-g.queue:
			if !ok {
				return g.batch
			}
			g.batch = append(g.batch, p)
			g.drain()
		case <-timer.C:
			return g.batch
		}
	}
	return g.batch
}

// drain takes what is queued without waiting.
func (g *gatherer) drain() {
	for len(g.batch) < maxBatch {
		select {
		case p, ok := <-g.queue:
			if !ok {
				return
			}
			g.batch = append(g.batch, p)
		default:
			return
		}
	}
}

// errNothingWritten ends a batch that needs no commit.
var errNothingWritten = errors.New("nothing written")

// commit applies the batch in one transaction. A change that breaks the transaction is told so, and the others go again
// without it.
func (c *Committer) commit(batch []*change) {
	for len(batch) > 0 {
		var broken *change
		err := c.engine.Update(func(w Writer) error {
			t := &tracked{Writer: w}
			for _, p := range batch {
				if p.err = t.apply(p); t.err != nil {
					broken = p
					return t.err
				}
			}
			if !t.wrote {
				return errNothingWritten
			}
			return nil
		})
		switch {
		case err == nil || errors.Is(err, errNothingWritten):
			return
		case broken == nil: // the commit itself failed: nobody's change is there
			for _, p := range batch {
				p.err = err
			}
			return
		}
		broken.err = err
		batch = without(batch, broken)
	}
}

func without(batch []*change, p *change) []*change {
	rest := make([]*change, 0, len(batch))
	for _, q := range batch {
		if q != p {
			rest = append(rest, q)
		}
	}
	return rest
}

// tracked notices what a change did to the transaction.
type tracked struct {
	Writer
	wrote bool
	err   error // the transaction is broken
}

// apply runs one change. If it panics, or fails after it began to write, the transaction must not be committed.
func (t *tracked) apply(p *change) (err error) {
	before := t.wrote
	t.wrote = false
	defer func() {
		if e := recover(); e != nil {
			t.err = fmt.Errorf("panic while writing: %v", e)
			err = t.err
		}
		if err != nil && t.wrote && t.err == nil {
			t.err = err
		}
		t.wrote = t.wrote || before
	}()
	return p.apply(t)
}

func (t *tracked) note(err error) error {
	t.wrote = true
	if err != nil {
		t.err = err
	}
	return err
}

func (t *tracked) Create(space string) error { return t.note(t.Writer.Create(space)) }
func (t *tracked) Drop(space string) error   { return t.note(t.Writer.Drop(space)) }
func (t *tracked) Put(space string, key, value []byte) error {
	return t.note(t.Writer.Put(space, key, value))
}
func (t *tracked) Delete(space string, key []byte) error {
	return t.note(t.Writer.Delete(space, key))
}
