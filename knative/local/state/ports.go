package state

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// Ports are taken from below the range that Linux and macOS give to outgoing connections: a port from within it could be
// taken by one of them between choosing and listening, and a connection tried to it might even meet itself.
const (
	firstPort = 20000
	lastPort  = 31999
	portsFile = "ports.json"
	host      = "127.0.0.1"
)

// Ports hands out free ports of the loopback interface. Named ones are remembered across restarts.
type Ports struct {
	folder *Folder
	mu     sync.Mutex
	next   int
	taken  map[int]bool // given to a name
	named  map[string]int
}

// Ports reads which port each name had.
func (f *Folder) Ports() (*Ports, error) {
	p := &Ports{folder: f, next: firstPort + rand.IntN(lastPort-firstPort), taken: map[int]bool{}, named: map[string]int{}}
	if err := f.readJSON(portsFile, &p.named); err != nil {
		return nil, err
	}
	for _, port := range p.named {
		p.taken[port] = true
	}
	return p, nil
}

// Named gives name the port it had before, if that is free, or else another, and remembers it.
func (p *Ports) Named(name string) (address string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if port, ok := p.named[name]; ok {
		if free(port) {
			return at(port), nil
		}
		delete(p.taken, port)
	}
	port, err := p.choose()
	if err != nil {
		return "", err
	}
	p.named[name], p.taken[port] = port, true
	return at(port), p.folder.writeJSON(portsFile, p.named, 0o644, false)
}

// Any gives a port that is free now. It goes around, so that a port is not given twice in a row to programs that have not
// begun to listen.
func (p *Ports) Any() (address string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	port, err := p.choose()
	return at(port), err
}

func (p *Ports) choose() (int, error) {
	for range lastPort - firstPort + 1 {
		port := p.next
		if p.next++; p.next > lastPort {
			p.next = firstPort
		}
		if !p.taken[port] && free(port) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no port from %d to %d is free on %s", firstPort, lastPort, host)
}

func at(port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

func free(port int) bool {
	l, err := net.Listen("tcp", at(port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}
