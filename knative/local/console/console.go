// Package console writes what a person at the terminal reads: what the runtime does, and each program's lines with its
// name in front.
package console

import (
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"strings"
	"sync"
)

// nameWidth is the column names are padded to: long enough for most of them.
const nameWidth = 20

// own is the name of the runtime's own lines.
const own = "usher"

// palette are the ANSI colours names are told apart by; red is kept for what fails.
var palette = []string{"36", "33", "32", "35", "34", "96", "93", "92", "95", "94"}

const red = "31"

// Console is safe for concurrent use; a line is written by one call, so lines do not mix.
type Console struct {
	mu     sync.Mutex
	out    io.Writer
	colour bool
}

// New writes to out, in colour when it is a terminal and NO_COLOR is not set.
func New(out *os.File, getenv func(string) string) *Console {
	info, err := out.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0 && getenv("TERM") != "dumb"
	return &Console{out: out, colour: terminal && getenv("NO_COLOR") == ""}
}

// Plain writes to out without colour.
func Plain(out io.Writer) *Console { return &Console{out: out} }

// Say writes a line of the runtime itself.
func (c *Console) Say(format string, args ...any) { c.write(own, "1", fmt.Sprintf(format, args...)) }

// Fail writes a line of the runtime about something that went wrong.
func (c *Console) Fail(format string, args ...any) { c.write(own, red, fmt.Sprintf(format, args...)) }

// Line writes what the program called name wrote.
func (c *Console) Line(name, line string) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails
	c.write(name, palette[h.Sum32()%uint32(len(palette))], pretty(line))
}

func (c *Console) write(name, colour, text string) {
	prefix := name + strings.Repeat(" ", max(0, nameWidth-len(name)))
	if c.colour {
		prefix = "\x1b[" + colour + "m" + prefix + "\x1b[0m"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = fmt.Fprintf(c.out, "%s  %s\n", prefix, text) // a closed terminal must not stop the system
}
