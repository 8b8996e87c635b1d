package process

import (
	"bytes"
	"strings"
	"sync"
)

// maxLine bounds a line, in bytes; a longer one is passed on in pieces.
const maxLine = 64 << 10

// lines cuts a program's output into lines.
type lines struct {
	to   func(string)
	mu   sync.Mutex
	rest []byte // a line that has not ended
	end  string // the last line that was not blank
}

// Write never fails: a program must not stop because nobody reads it.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for rest := p; len(rest) > 0; {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			l.rest = append(l.rest, rest...)
			if len(l.rest) >= maxLine {
				l.emit()
			}
			break
		}
		l.rest = append(l.rest, rest[:i]...)
		l.emit()
		rest = rest[i+1:]
	}
	return len(p), nil
}

func (l *lines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 {
		l.emit()
	}
}

func (l *lines) emit() {
	line := strings.TrimRight(string(l.rest), "\r ")
	l.rest = l.rest[:0]
	if line == "" {
		return
	}
	l.end = line
	if l.to != nil {
		l.to(line)
	}
}

func (l *lines) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.end
}
