package expression

import "usher.example/knative/dynamodb/internal/value"

// The parameters that DynamoDB had before expressions (Expected, QueryFilter, AttributeUpdates, …) say the same things in
// other words; here they become the same trees.

// Test is one comparison of a legacy condition. The arguments are as many and of such types as its Operator takes.
type Test struct {
	Name     string
	Operator string // EQ, NE, NULL, …
	Args     []value.Value
}

var legacyOperators = map[string]string{
	"EQ": "=", "NE": "<>", "LT": "<", "LE": "<=", "GT": ">", "GE": ">=", "BETWEEN": "BETWEEN", "IN": "IN",
	"NULL": opCall + "attribute_not_exists", "NOT_NULL": opCall + "attribute_exists",
	"CONTAINS": opCall + "contains", "NOT_CONTAINS": opCall + "contains", "BEGINS_WITH": opCall + "begins_with",
}

// NewCondition joins tests with AND, or with OR.
func NewCondition(tests []Test, or bool) *Condition {
	join := "AND"
	if or {
		join = "OR"
	}
	var root *node
	for _, t := range tests {
		n := &node{op: legacyOperators[t.Operator], args: []*node{{op: opPath, path: topPath(t.Name)}}}
		for _, v := range t.Args {
			n.args = append(n.args, &node{op: opValue, literal: v})
		}
		if t.Operator == "NOT_CONTAINS" {
			n = &node{op: "NOT", args: []*node{n}}
		}
		if root != nil {
			n = &node{op: join, args: []*node{root, n}}
		}
		root = n
	}
	if root == nil {
		return nil
	}
	return &Condition{root}
}

func topPath(name string) Path { return Path{{name: name, named: true}} }

// Key is the test as a query's key condition; ok is false for operators that no key takes.
func (t Test) Key() (k KeyCondition, ok bool) {
	op := legacyOperators[t.Operator]
	switch op {
	case "=", "<", "<=", ">", ">=", "BETWEEN":
	case opCall + "begins_with":
		op = "begins_with"
	default:
		return k, false
	}
	return KeyCondition{Name: t.Name, Op: op, Args: t.Args}, true
}

// NewUpdate is an update without changes.
func NewUpdate() *Update { return &Update{root: &tree{}} }

// Set makes the update put a value at an attribute.
func (u *Update) Set(name string, v value.Value) { u.legacy(name, set, &v) }

// Remove makes the update take an attribute away.
func (u *Update) Remove(name string) { u.legacy(name, remove, nil) }

// Add makes the update add to a number, to a set or to the end of a list.
func (u *Update) Add(name string, v value.Value) { u.legacy(name, add, &v) }

// Delete makes the update take members out of a set.
func (u *Update) Delete(name string, v value.Value) { u.legacy(name, del, &v) }

func (u *Update) legacy(name string, a action, v *value.Value) {
	c := &change{action: a, path: topPath(name)}
	if v != nil {
		c.operand = &node{op: opValue, literal: *v}
	}
	node := u.root.child(c.path[0])
	node.path, node.change = c.path, c
	u.changes = append(u.changes, c)
}
