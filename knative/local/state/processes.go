package state

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"usher.example/knative/local/process"
)

const processesFile = "processes.json"

// Entry is a running process as the list shows it.
type Entry struct {
	Name      string    `json:"name"`
	Kind      string    `json:"kind"`
	PID       int       `json:"pid"`
	Address   string    `json:"address,omitempty"`
	StartedAt time.Time `json:"started_at"`
}

// Processes keeps processes.json. It writes in the background: a cold start does not wait for the list.
type Processes struct {
	folder  *Folder
	fail    func(error)
	mu      sync.Mutex
	running map[int]Entry
	changed chan struct{}
	closing chan struct{}
	closed  chan struct{}
}

// Processes starts an empty list; fail is told when it cannot be written.
func (f *Folder) Processes(fail func(error)) *Processes {
	p := &Processes{
		folder: f, fail: fail, running: map[int]Entry{},
		changed: make(chan struct{}, 1), closing: make(chan struct{}), closed: make(chan struct{}),
	}
	p.poke()
	go p.run()
	return p
}

// Started adds a process.
func (p *Processes) Started(c *process.Process) {
	p.mu.Lock()
	p.running[c.PID] = Entry{Name: c.Name, Kind: c.Kind, PID: c.PID, Address: c.Address, StartedAt: c.Started.UTC()}
	p.mu.Unlock()
	p.poke()
}

// Ended removes a process.
func (p *Processes) Ended(c *process.Process) {
	p.mu.Lock()
	delete(p.running, c.PID)
	p.mu.Unlock()
	p.poke()
}

// List is what runs now, the oldest first.
func (p *Processes) List() []Entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]Entry, 0, len(p.running))
	for _, e := range p.running {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b Entry) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), cmp.Compare(a.PID, b.PID))
	})
	return list
}

// Close writes the list a last time.
func (p *Processes) Close() {
	close(p.closing)
	<-p.closed
}

func (p *Processes) poke() {
	select {
	case p.changed <- struct{}{}:
	default: // a write is due already, and will see this change
	}
}

func (p *Processes) run() {
	defer close(p.closed)
	for {
		select {
		case <-p.changed:
			p.write()
		case <-p.closing:
			p.write()
			return
		}
	}
}

func (p *Processes) write() {
	if err := p.folder.writeJSON(processesFile, p.List(), 0o644, false); err != nil {
		p.fail(err)
	}
}
