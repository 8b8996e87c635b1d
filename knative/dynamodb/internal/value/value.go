// Package value holds DynamoDB's attribute values: reading and writing their JSON form, their order, their size, and
// the byte keys that keep that order in an ordered store.
package value

import (
	"slices"
	"strings"
)

// Kind is the type of a Value.
type Kind uint8

// The ten types, and Invalid for a value that was sent but breaks a rule: the rule's message is then in Str, so that it
// can be told at the place in the order of checks where DynamoDB tells it.
const (
	Invalid Kind = iota
	S
	N
	B
	BOOL
	NULL
	M
	L
	SS
	NS
	BS
)

var kindNames = [...]string{"", "S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"}

// String is the name that stands for the type in JSON and in attribute_type.
func (k Kind) String() string { return kindNames[k] }

// KindOf finds a type by its name.
func KindOf(name string) (Kind, bool) {
	i := slices.Index(kindNames[1:], name)
	return Kind(i + 1), i >= 0
}

// Value is one attribute value. A Value is never changed once made; updates build new ones.
type Value struct {
	Kind Kind
	Bool bool
	Str  string           // S, the canonical decimal of N, the raw bytes of B
	Map  map[string]Value // M
	List []Value          // L
	Set  []string         // SS, NS, BS, in their canonical form, sorted
}

// Item is a set of named attributes.
type Item map[string]Value

// Of makes a scalar value of kind S, N or B.
func Of(kind Kind, s string) Value { return Value{Kind: kind, Str: s} }

// Error is the message of the first broken rule in v, or "".
func (v Value) Error() string {
	if v.Kind == Invalid {
		return v.Str
	}
	return ""
}

// IsSet tells whether v is one of the three set types.
func (v Value) IsSet() bool { return v.Kind == SS || v.Kind == NS || v.Kind == BS }

// ElementKind is the scalar type of a set's members.
func (v Value) ElementKind() Kind {
	switch v.Kind {
	case SS:
		return S
	case NS:
		return N
	default:
		return B
	}
}

// SetOf is the set type whose members are of a scalar type.
func SetOf(element Kind) Kind {
	switch element {
	case S:
		return SS
	case N:
		return NS
	default:
		return BS
	}
}

// Equal compares deeply: numbers by value, sets without order.
func Equal(a, b Value) bool {
	if a.Kind != b.Kind {
		return false
	}
	switch a.Kind {
	case S, N, B:
		return a.Str == b.Str // N is canonical
	case BOOL:
		return a.Bool == b.Bool
	case NULL:
		return true
	case SS, NS, BS:
		return slices.Equal(a.Set, b.Set)
	case L:
		return slices.EqualFunc(a.List, b.List, Equal)
	case M:
		if len(a.Map) != len(b.Map) {
			return false
		}
		for name, x := range a.Map {
			if y, ok := b.Map[name]; !ok || !Equal(x, y) {
				return false
			}
		}
		return true
	}
	return false
}

// Compare orders two values of one ordered type (S, N, B); ok is false for any other pair.
func Compare(a, b Value) (order int, ok bool) {
	if a.Kind != b.Kind {
		return 0, false
	}
	switch a.Kind {
	case S, B:
		return strings.Compare(a.Str, b.Str), true
	case N:
		return parseCanonical(a.Str).compare(parseCanonical(b.Str)), true
	}
	return 0, false
}

// newSet makes a set value in its one form: sorted, which for numbers means by value.
func newSet(kind Kind, members []string) Value {
	if kind == NS {
		slices.SortFunc(members, func(a, b string) int { return parseCanonical(a).compare(parseCanonical(b)) })
	} else {
		slices.Sort(members)
	}
	return Value{Kind: kind, Set: members}
}

// Union is the set of the members of both; both are of the same type.
func Union(a, b Value) Value {
	members := slices.Clone(a.Set)
	for _, m := range b.Set {
		if !slices.Contains(a.Set, m) {
			members = append(members, m)
		}
	}
	return newSet(a.Kind, members)
}

// Difference is the set of a's members that b lacks. It may be empty, which no stored set is: the caller then removes
// the attribute.
func Difference(a, b Value) Value {
	return Value{Kind: a.Kind, Set: slices.DeleteFunc(slices.Clone(a.Set), func(m string) bool { return slices.Contains(b.Set, m) })}
}
