package expression

import (
	"maps"
	"slices"

	"usher.example/knative/dynamodb/internal/value"
)

// What DynamoDB says of an update that does not fit the item it meets.
var (
	errMissingOperand = &Error{"The provided expression refers to an attribute that does not exist in the item"}
	errOperandType    = &Error{"An operand in the update expression has an incorrect data type"}
	errPath           = &Error{"The document path provided in the update expression is invalid for update"}
)

// Apply returns the item as the update leaves it, and the item itself untouched. Every operand is taken from the item as
// it was before.
func (u *Update) Apply(item value.Item) (value.Item, error) {
	results := make(map[*change]*value.Value, len(u.changes))
	for _, c := range u.changes {
		v, err := c.evaluate(item)
		if err != nil {
			return nil, err
		}
		results[c] = v
	}
	next, err := u.root.apply(value.Value{Kind: value.M, Map: item}, results)
	if err != nil {
		return nil, err
	}
	return next.Map, nil
}

// evaluate yields what the change leaves at its path; nil means nothing.
func (c *change) evaluate(item value.Item) (*value.Value, error) {
	switch c.action {
	case remove:
		return nil, nil
	case set:
		v, err := c.operand.compute(item)
		return &v, err
	}
	old, exists := c.path.lookup(item)
	operand := c.operand.literal
	switch {
	case !exists && c.action == del:
		return nil, nil
	case !exists:
		return &operand, nil
	case old.Kind != operand.Kind:
		return nil, errOperandType
	case c.action == del:
		left := value.Difference(old, operand)
		if len(left.Set) == 0 {
			return nil, nil
		}
		return &left, nil
	case operand.Kind == value.N:
		v, err := sum(old, operand, false)
		return &v, err
	case operand.Kind == value.L:
		return &value.Value{Kind: value.L, List: slices.Concat(old.List, operand.List)}, nil
	}
	v := value.Union(old, operand)
	return &v, nil
}

// compute evaluates the right side of SET.
func (n *node) compute(item value.Item) (value.Value, error) {
	switch n.op {
	case opCall + "if_not_exists":
		if v, ok := n.args[0].path.lookup(item); ok {
			return v, nil
		}
		return n.args[1].compute(item)
	case "+", "-", opCall + "list_append":
		a, err := n.args[0].compute(item)
		if err != nil {
			return a, err
		}
		b, err := n.args[1].compute(item)
		if err != nil {
			return b, err
		}
		if n.op == "+" || n.op == "-" {
			return sum(a, b, n.op == "-")
		}
		if a.Kind != value.L || b.Kind != value.L {
			return a, errOperandType
		}
		return value.Value{Kind: value.L, List: slices.Concat(a.List, b.List)}, nil
	}
	v, ok := n.eval(item)
	if !ok {
		return v, errMissingOperand
	}
	return v, nil
}

func sum(a, b value.Value, subtract bool) (value.Value, error) {
	if a.Kind != value.N || b.Kind != value.N {
		return a, errOperandType
	}
	total, problem := value.Add(a.Str, b.Str, subtract)
	if problem != "" {
		return a, &Error{problem}
	}
	return value.Of(value.N, total), nil
}

// apply rebuilds the parts of v that changes lie in.
func (t *tree) apply(v value.Value, results map[*change]*value.Value) (value.Value, error) {
	if t.named != nil {
		if v.Kind != value.M {
			return v, errPath
		}
		m := maps.Clone(v.Map)
		if m == nil {
			m = map[string]value.Value{}
		}
		for name, child := range t.named {
			old, exists := m[name]
			next, err := child.applyAt(old, exists, results)
			if err != nil {
				return v, err
			}
			if next == nil {
				delete(m, name)
			} else {
				m[name] = *next
			}
		}
		return value.Value{Kind: value.M, Map: m}, nil
	}
	if v.Kind != value.L {
		return v, errPath
	}
	return t.applyList(v, results)
}

// applyList counts every index in the list as it was: a removal does not move what another clause means.
func (t *tree) applyList(v value.Value, results map[*change]*value.Value) (value.Value, error) {
	list := slices.Clone(v.List)
	gone := map[int]bool{}
	for _, i := range slices.Sorted(maps.Keys(t.listed)) {
		var old value.Value
		exists := i < len(v.List)
		if exists {
			old = v.List[i]
		}
		next, err := t.listed[i].applyAt(old, exists, results)
		switch {
		case err != nil:
			return v, err
		case next == nil:
			gone[i] = exists
		case exists:
			list[i] = *next
		default:
			list = append(list, *next) // beyond the end means at the end
		}
	}
	left := list[:0]
	for i, x := range list {
		if !gone[i] {
			left = append(left, x)
		}
	}
	return value.Value{Kind: value.L, List: left}, nil
}

func (t *tree) applyAt(old value.Value, exists bool, results map[*change]*value.Value) (*value.Value, error) {
	if t.change != nil {
		return results[t.change], nil
	}
	if !exists {
		return nil, errPath
	}
	next, err := t.apply(old, results)
	return &next, err
}
