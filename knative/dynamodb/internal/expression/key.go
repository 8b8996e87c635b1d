package expression

import (
	"usher.example/knative/dynamodb/internal/value"
)

// KeyCondition is what a query asks of one key attribute.
type KeyCondition struct {
	Name string
	Op   string // =, <, <=, >, >=, BETWEEN or begins_with
	Args []value.Value
}

var mirrored = map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// KeyConditions takes a key condition apart: at most one condition for each of two attributes.
func (c *Condition) KeyConditions() ([]KeyCondition, error) {
	var found []KeyCondition
	var walk func(n *node) error
	walk = func(n *node) error {
		if n.op == "AND" {
			if err := walk(n.args[0]); err != nil {
				return err
			}
			return walk(n.args[1])
		}
		k, err := oneKey(n)
		if err != nil {
			return err
		}
		for _, other := range found {
			if other.Name == k.Name {
				return errorf("Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key")
			}
		}
		found = append(found, k)
		return nil
	}
	if err := walk(c.root); err != nil {
		return nil, err
	}
	return found, nil
}

func oneKey(n *node) (KeyCondition, error) {
	op := n.op
	name, call := functionName(n)
	switch {
	case op == "OR" || op == "NOT" || op == "IN" || op == "<>":
		return KeyCondition{}, errorf("Invalid operator used in KeyConditionExpression: %s", op)
	case call && name != "begins_with":
		return KeyCondition{}, errorf("Invalid operator used in KeyConditionExpression: %s", name)
	case call:
		op = name
	}
	args := n.args
	if _, comparison := mirrored[op]; comparison && args[0].op != opPath && args[1].op == opPath {
		op, args = mirrored[op], []*node{args[1], args[0]}
	}
	k := KeyCondition{Op: op}
	for i, arg := range args {
		if _, call := functionName(arg); call {
			return k, errorf("KeyConditionExpressions cannot contain nested operations")
		}
		switch {
		case arg.op == opPath && len(arg.path) > 1:
			return k, errorf("KeyConditionExpressions cannot have conditions on nested attributes")
		case i == 0 && arg.op != opPath:
			if anyPath(args) {
				return k, errorf("Invalid condition in KeyConditionExpression: %s operator must have the key attribute as its first operand", op)
			}
			return k, errorf("Invalid condition in KeyConditionExpression: No key attribute specified")
		case i == 0:
			k.Name = arg.path.Top()
		case arg.op == opPath:
			return k, errorf("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")
		default:
			k.Args = append(k.Args, arg.literal)
		}
	}
	return k, nil
}

func anyPath(nodes []*node) bool {
	for _, n := range nodes {
		if n.op == opPath {
			return true
		}
	}
	return false
}
