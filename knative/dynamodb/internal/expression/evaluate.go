package expression

import (
	"slices"
	"strconv"
	"strings"

	"usher.example/knative/dynamodb/internal/value"
)

// Match tells whether the condition holds for an item; a nil item has no attributes. A nil condition always holds.
func (c *Condition) Match(item value.Item) bool { return c == nil || c.root.holds(item) }

func (n *node) holds(item value.Item) bool {
	switch n.op {
	case "AND":
		return n.args[0].holds(item) && n.args[1].holds(item)
	case "OR":
		return n.args[0].holds(item) || n.args[1].holds(item)
	case "NOT":
		return !n.args[0].holds(item)
	case opCall + "attribute_exists":
		_, ok := n.args[0].eval(item)
		return ok
	case opCall + "attribute_not_exists":
		_, ok := n.args[0].eval(item)
		return !ok
	}
	first, ok := n.args[0].eval(item)
	if n.op == "IN" {
		return ok && slices.ContainsFunc(n.args[1:], func(arg *node) bool {
			v, ok := arg.eval(item)
			return ok && value.Equal(first, v)
		})
	}
	second, ok2 := n.args[1].eval(item)
	if n.op == "<>" {
		return !ok || !ok2 || !value.Equal(first, second) // an absent attribute differs from every value
	}
	if !ok || !ok2 {
		return false
	}
	switch n.op {
	case "=":
		return value.Equal(first, second)
	case "BETWEEN":
		third, ok := n.args[2].eval(item)
		return ok && ordered(">=", first, second) && ordered("<=", first, third)
	case opCall + "begins_with":
		return first.Kind == second.Kind && (first.Kind == value.S || first.Kind == value.B) && strings.HasPrefix(first.Str, second.Str)
	case opCall + "contains":
		return contains(first, second)
	case opCall + "attribute_type":
		return second.Kind == value.S && first.Kind.String() == second.Str
	default:
		return ordered(n.op, first, second)
	}
}

func ordered(op string, a, b value.Value) bool {
	order, ok := value.Compare(a, b)
	if !ok {
		return false
	}
	switch op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order >= 0
	}
}

func contains(whole, part value.Value) bool {
	switch {
	case whole.Kind == value.L:
		return slices.ContainsFunc(whole.List, func(v value.Value) bool { return value.Equal(v, part) })
	case whole.IsSet():
		return part.Kind == whole.ElementKind() && slices.Contains(whole.Set, part.Str)
	case whole.Kind == value.S || whole.Kind == value.B:
		return part.Kind == whole.Kind && strings.Contains(whole.Str, part.Str)
	}
	return false
}

// eval yields an operand's value; ok is false where the item has none.
func (n *node) eval(item value.Item) (v value.Value, ok bool) {
	switch n.op {
	case opValue:
		return n.literal, true
	case opPath:
		return n.path.lookup(item)
	case opCall + "size":
		if v, ok = n.args[0].eval(item); !ok {
			return v, false
		}
		return size(v)
	}
	return v, false
}

// size counts what DynamoDB's function counts: characters (as UTF-16 has them) of text, bytes of binary, members.
func size(v value.Value) (value.Value, bool) {
	n := 0
	switch {
	case v.Kind == value.S:
		for _, r := range v.Str {
			if n++; r > 0xFFFF {
				n++
			}
		}
	case v.Kind == value.B:
		n = len(v.Str)
	case v.Kind == value.L:
		n = len(v.List)
	case v.Kind == value.M:
		n = len(v.Map)
	case v.IsSet():
		n = len(v.Set)
	default:
		return v, false
	}
	return value.Of(value.N, strconv.Itoa(n)), true
}
