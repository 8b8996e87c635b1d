// Package form reads the parameters of Stripe's API: form encoding with square
// brackets for nesting, such as metadata[order_id]=7 or expand[0]=latest_charge.
package form

import (
	"fmt"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of one request: far above what any call of the API needs, and low enough
// that a hostile body costs nothing.
const (
	MaxBytes      = 1 << 20
	MaxParameters = 1000
	MaxDepth      = 8
)

// Value is one parameter: a text, or named values.
type Value struct {
	Text   string
	Fields map[string]*Value // nil for a text
	order  []string
}

// Parse reads an encoded query or body. Its errors say which parameter is
// malformed.
func Parse(encoded string) (*Value, error) {
	root := newFields()
	if encoded == "" {
		return root, nil
	}
	if len(encoded) > MaxBytes {
		return nil, fmt.Errorf("the parameters take %d bytes; at most %d are allowed", len(encoded), MaxBytes)
	}
	if strings.Count(encoded, "&") >= MaxParameters {
		return nil, fmt.Errorf("more than %d parameters", MaxParameters)
	}
	for pair := range strings.SplitSeq(encoded, "&") {
		if pair == "" {
			continue
		}
		rawName, rawText, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			return nil, fmt.Errorf("a parameter's name is not properly escaped: %w", err)
		}
		text, err := url.QueryUnescape(rawText)
		if err != nil {
			return nil, fmt.Errorf("the value of %q is not properly escaped: %w", name, err)
		}
		if !utf8.ValidString(name) || !utf8.ValidString(text) {
			return nil, fmt.Errorf("parameter %q is not valid UTF-8", name)
		}
		path, err := split(name)
		if err != nil {
			return nil, err
		}
		if err := root.set(path, name, text); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// split turns a[b][] into a, b and "".
func split(name string) ([]string, error) {
	head, rest, nested := strings.Cut(name, "[")
	if head == "" || strings.Contains(head, "]") {
		return nil, fmt.Errorf("%q is not a parameter name; write name or name[key]", name)
	}
	path := []string{head}
	for nested {
		key, after, closed := strings.Cut(rest, "]")
		if !closed || strings.Contains(key, "[") {
			return nil, fmt.Errorf("the brackets of parameter %q do not match", name)
		}
		path = append(path, key)
		if len(path) > MaxDepth {
			return nil, fmt.Errorf("parameter %q is nested more than %d deep", name, MaxDepth)
		}
		if after == "" {
			break
		}
		if after[0] != '[' {
			return nil, fmt.Errorf("the brackets of parameter %q do not match", name)
		}
		rest = after[1:]
	}
	return path, nil
}

func newFields() *Value { return &Value{Fields: map[string]*Value{}} }

// set puts text at path. The last of two equal names wins; empty brackets append.
func (v *Value) set(path []string, name, text string) error {
	at := v
	for i, key := range path {
		if at.Fields == nil {
			return fmt.Errorf("parameter %q is given both as a text and with brackets", name)
		}
		if key == "" {
			key = strconv.Itoa(len(at.Fields))
			for at.Fields[key] != nil {
				key += "+"
			}
		}
		last := i == len(path)-1
		next := at.Fields[key]
		switch {
		case next == nil && last:
			next = &Value{Text: text}
			at.add(key, next)
		case next == nil:
			next = newFields()
			at.add(key, next)
		case last && next.Fields != nil:
			return fmt.Errorf("parameter %q is given both as a text and with brackets", name)
		case last:
			next.Text = text
		}
		at = next
	}
	return nil
}

func (v *Value) add(key string, child *Value) {
	v.Fields[key] = child
	v.order = append(v.order, key)
}

// Names lists the fields in the order they came in.
func (v *Value) Names() []string { return slices.Clone(v.order) }

// Items returns the fields as a list: by number where the names are numbers,
// otherwise in the order they came in.
func (v *Value) Items() []*Value {
	names := v.Names()
	sort.SliceStable(names, func(a, b int) bool {
		left, errLeft := strconv.Atoi(names[a])
		right, errRight := strconv.Atoi(names[b])
		return errLeft == nil && errRight == nil && left < right
	})
	items := make([]*Value, len(names))
	for i, name := range names {
		items[i] = v.Fields[name]
	}
	return items
}

// Canonical writes the value so that equal parameters give equal text, whatever
// order they were sent in.
func (v *Value) Canonical() string {
	var b strings.Builder
	v.canonical(&b)
	return b.String()
}

func (v *Value) canonical(b *strings.Builder) {
	if v.Fields == nil {
		b.WriteString(strconv.Quote(v.Text))
		return
	}
	names := v.Names()
	sort.Strings(names)
	b.WriteByte('{')
	for _, name := range names {
		b.WriteString(strconv.Quote(name))
		b.WriteByte(':')
		v.Fields[name].canonical(b)
		b.WriteByte(',')
	}
	b.WriteByte('}')
}
