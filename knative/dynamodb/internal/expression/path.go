package expression

import (
	"strconv"
	"strings"

	"usher.example/knative/dynamodb/internal/value"
)

// step is one part of a document path: a name, or an index when name is "".
type step struct {
	name  string
	index int
	named bool
}

// Path leads to an attribute or into a document. Its first step is a name.
type Path []step

// Top is the name of the attribute that the path begins at.
func (p Path) Top() string { return p[0].name }

// String is the form that DynamoDB's messages use: [a, b, [0]].
func (p Path) String() string {
	parts := make([]string, len(p))
	for i, s := range p {
		if parts[i] = s.name; !s.named {
			parts[i] = "[" + strconv.Itoa(s.index) + "]"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func (p Path) equal(o Path) bool {
	if len(p) != len(o) {
		return false
	}
	for i := range p {
		if p[i] != o[i] {
			return false
		}
	}
	return true
}

// lookup follows the path into an item.
func (p Path) lookup(item value.Item) (value.Value, bool) {
	v, ok := item[p[0].name]
	for _, s := range p[1:] {
		if !ok {
			break
		}
		switch {
		case s.named && v.Kind == value.M:
			v, ok = v.Map[s.name]
		case !s.named && v.Kind == value.L && s.index < len(v.List):
			v = v.List[s.index]
		default:
			ok = false
		}
	}
	return v, ok
}

// tree holds the paths of a projection or an update, so that the parts they have in common are walked once.
type tree struct {
	path   Path // the path that ends here; nil in a node on the way
	change *change
	named  map[string]*tree
	listed map[int]*tree
}

// add puts a path in; the message tells of a path that is there, that ends above or below, or that takes a list for a map.
func (t *tree) add(p Path, c *change) error {
	node := t
	for i, s := range p {
		if node.path != nil {
			return overlap(node.path, p)
		}
		if s.named && len(node.listed) > 0 || !s.named && len(node.named) > 0 {
			return errorf("Two document paths conflict with each other; must remove or rewrite one of these paths; path one: %s, path two: %s", node.some(), p)
		}
		next := node.child(s)
		if i == len(p)-1 && (next.path != nil || next.named != nil || next.listed != nil) {
			return overlap(next.some(), p)
		}
		node = next
	}
	node.path, node.change = p, c
	return nil
}

func (t *tree) child(s step) *tree {
	if s.named {
		if t.named == nil {
			t.named = map[string]*tree{}
		}
		if t.named[s.name] == nil {
			t.named[s.name] = &tree{}
		}
		return t.named[s.name]
	}
	if t.listed == nil {
		t.listed = map[int]*tree{}
	}
	if t.listed[s.index] == nil {
		t.listed[s.index] = &tree{}
	}
	return t.listed[s.index]
}

// some is a path that ends in or below the node.
func (t *tree) some() Path {
	for t.path == nil {
		next := (*tree)(nil)
		for _, c := range t.named {
			next = c
		}
		for _, c := range t.listed {
			next = c
		}
		t = next
	}
	return t.path
}

func overlap(one, two Path) error {
	return errorf("Two document paths overlap with each other; must remove or rewrite one of these paths; path one: %s, path two: %s", one, two)
}
