// Package filter decides which events a Trigger wants.
//
// It evaluates the dialects of the eventing API (exact, prefix, suffix, all, any,
// not, cesql) and the older filter.attributes. A filter that cannot be understood
// is refused when it is compiled, and an expression that fails on an event never
// makes that event match, not even under "not": filters fail closed.
package filter

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"
	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
)

// Limits on what a filter may hold, so that no Trigger makes evaluation slow or
// deep for all events: far above what people write by hand.
const (
	maxDepth = 16
	maxNodes = 1000
)

// verdict is three-valued: an error is neither a match nor, negated, one.
type verdict int8

const (
	no verdict = iota
	yes
	failed
)

// node is one compiled expression.
type node interface {
	eval(e *event.Event) verdict
}

// Filter is a compiled filter. The zero value matches everything.
type Filter struct {
	root node
}

// Compile compiles a Trigger's filters; a non-empty list overrides attributes.
// The error says which part cannot be used; use no filter then at all, rather
// than a part of it.
func Compile(attributes map[string]string, filters []eventingv1.SubscriptionsAPIFilter) (*Filter, error) {
	if len(filters) > 0 {
		c := &compiler{}
		all, err := c.list("filters", filters, 0)
		if err != nil {
			return nil, err
		}
		return &Filter{root: allOf(all)}, nil
	}
	if len(attributes) == 0 {
		return &Filter{}, nil
	}
	var all allOf
	for name, want := range attributes {
		if err := checkName(name); err != nil {
			return nil, fmt.Errorf("filter.attributes: %w", err)
		}
		all = append(all, attributeIs{name: name, want: want})
	}
	return &Filter{root: all}, nil
}

// Match is whether the Trigger wants the event. It never panics.
func (f *Filter) Match(e *event.Event) (matched bool) {
	if f.root == nil {
		return true
	}
	defer func() {
		if recover() != nil {
			matched = false // an expression that breaks its evaluator is no match
		}
	}()
	return f.root.eval(e) == yes
}

type compiler struct {
	nodes int
}

func (c *compiler) list(where string, filters []eventingv1.SubscriptionsAPIFilter, depth int) ([]node, error) {
	nodes := make([]node, 0, len(filters))
	for i := range filters {
		n, err := c.one(fmt.Sprintf("%s[%d]", where, i), &filters[i], depth)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

func (c *compiler) one(where string, f *eventingv1.SubscriptionsAPIFilter, depth int) (node, error) {
	if c.nodes++; c.nodes > maxNodes || depth > maxDepth {
		return nil, fmt.Errorf("%s: more than %d expressions or %d levels", where, maxNodes, maxDepth)
	}
	if err := oneDialect(f); err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	switch {
	case f.Exact != nil:
		return compare(where+".exact", f.Exact, func(have, want string) bool { return have == want })
	case f.Prefix != nil:
		return compare(where+".prefix", f.Prefix, strings.HasPrefix)
	case f.Suffix != nil:
		return compare(where+".suffix", f.Suffix, strings.HasSuffix)
	case f.All != nil:
		nodes, err := c.nonEmpty(where+".all", f.All, depth+1)
		return allOf(nodes), err
	case f.Any != nil:
		nodes, err := c.nonEmpty(where+".any", f.Any, depth+1)
		return anyOf(nodes), err
	case f.Not != nil:
		inner, err := c.one(where+".not", f.Not, depth+1)
		return notOf{inner}, err
	default:
		return compileSQL(where+".cesql", f.CESQL)
	}
}

func (c *compiler) nonEmpty(where string, filters []eventingv1.SubscriptionsAPIFilter, depth int) ([]node, error) {
	if len(filters) == 0 {
		return nil, fmt.Errorf("%s: needs at least one expression", where)
	}
	return c.list(where, filters, depth)
}

// oneDialect refuses an object with no dialect or several: which one was meant
// is a guess, and a wrong guess delivers events to whom they are not for.
func oneDialect(f *eventingv1.SubscriptionsAPIFilter) error {
	var set []string
	for _, dialect := range []struct {
		name string
		set  bool
	}{
		{"exact", f.Exact != nil}, {"prefix", f.Prefix != nil}, {"suffix", f.Suffix != nil},
		{"all", f.All != nil}, {"any", f.Any != nil}, {"not", f.Not != nil}, {"cesql", f.CESQL != ""},
	} {
		if dialect.set {
			set = append(set, dialect.name)
		}
	}
	switch len(set) {
	case 1:
		return nil
	case 0:
		return errors.New("no dialect; set exact, prefix, suffix, all, any, not or cesql")
	default:
		return fmt.Errorf("dialects %s in one object; use one, and all or any to combine", strings.Join(set, ", "))
	}
}

func compare(where string, want map[string]string, matches func(have, want string) bool) (node, error) {
	if len(want) == 0 {
		return nil, fmt.Errorf("%s: needs at least one attribute", where)
	}
	var all allOf
	for name, value := range want {
		if err := checkName(name); err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
		if value == "" {
			return nil, fmt.Errorf("%s: attribute %q has an empty value", where, name)
		}
		all = append(all, attributeLike{name: name, want: value, matches: matches})
	}
	return all, nil
}

// checkName holds an attribute name to the CloudEvents rules.
func checkName(name string) error {
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return fmt.Errorf("attribute name %q may hold only lower-case letters and digits", name)
		}
	}
	if name == "" {
		return errors.New("an attribute name is empty")
	}
	return nil
}
