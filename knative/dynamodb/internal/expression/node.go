package expression

import (
	"fmt"

	"usher.example/knative/dynamodb/internal/value"
)

// Kinds of node that are not an operator of their own name.
const (
	opPath  = "path"
	opValue = "value"
	opCall  = "call " // followed by the function's name
)

// node is one operator, function, path or value of an expression.
type node struct {
	op            string
	args          []*node
	path          Path
	literal       value.Value
	parenthesised bool
}

func (n *node) tops(f func(string)) {
	if n.op == opPath {
		f(n.path.Top())
	}
	for _, arg := range n.args {
		arg.tops(f)
	}
}

// signature says where a function may stand and what it takes.
type signature struct {
	args      int
	condition bool // it is itself a condition; otherwise it is an operand of one
	update    bool // it belongs into update expressions
	pathFirst bool
}

var functions = map[string]signature{
	"attribute_exists":     {args: 1, condition: true, pathFirst: true},
	"attribute_not_exists": {args: 1, condition: true, pathFirst: true},
	"attribute_type":       {args: 2, condition: true, pathFirst: true},
	"begins_with":          {args: 2, condition: true},
	"contains":             {args: 2, condition: true},
	"size":                 {args: 1},
	"if_not_exists":        {args: 2, update: true, pathFirst: true},
	"list_append":          {args: 2, update: true},
}

func functionName(n *node) (string, bool) {
	if len(n.op) > len(opCall) && n.op[:len(opCall)] == opCall {
		return n.op[len(opCall):], true
	}
	return "", false
}

// mustBeCondition refuses a path or a value where true or false is needed, and a function that yields neither.
func (p *parser) mustBeCondition(n *node) {
	name, call := functionName(n)
	if call {
		if f, known := functions[name]; known && !f.condition {
			p.misused(name)
		}
		return
	}
	if n.op == opPath || n.op == opValue {
		p.fail()
	}
}

// mustBeOperand refuses a condition where a path or value is needed.
func (p *parser) mustBeOperand(n *node) {
	name, call := functionName(n)
	if call {
		if f, known := functions[name]; known && (f.condition || f.update) {
			p.misused(name)
		}
		return
	}
	if n.op != opPath && n.op != opValue {
		p.fail()
	}
}

func (p *parser) misused(function string) {
	p.mistake(classMisused, errorf("The function is not allowed to be used this way in an expression; function: %s", function))
}

func (p *parser) checkFunction(n *node, name string) {
	f, known := functions[name]
	if !known {
		p.mistake(classFunction, errorf("Invalid function name; function: %s", name))
		return
	}
	for _, arg := range n.args {
		if inner, call := functionName(arg); call {
			// Only updates nest (list_append of if_not_exists), and size may be compared with.
			if g, ok := functions[inner]; ok && (g.condition || f.update != g.update) {
				p.misused(inner)
			}
		} else if arg.op != opPath && arg.op != opValue {
			p.fail()
		}
	}
	if len(n.args) != f.args {
		p.mistake(classOperandCount, errorf("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", name, len(n.args)))
		return
	}
	if f.pathFirst && n.args[0].op != opPath {
		p.mistake(classOperandType, errorf("Operator or function requires a document path; operator or function: %s", name))
		return
	}
	p.checkArguments(n, name)
}

const attributeTypes = "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}"

func (p *parser) checkArguments(n *node, name string) {
	for i, arg := range n.args {
		if arg.op != opValue || arg.literal.Kind == value.Invalid {
			continue
		}
		kind := arg.literal.Kind
		wrong := false
		switch name {
		case "begins_with":
			wrong = kind != value.S && kind != value.B
		case "attribute_type":
			if wrong = kind != value.S; !wrong {
				if _, ok := value.KindOf(arg.literal.Str); !ok {
					p.mistake(classOperandType, errorf("Invalid attribute type name found; type: %s, valid types: %s", arg.literal.Str, attributeTypes))
				}
			}
		case "size":
			wrong = kind == value.N || kind == value.BOOL || kind == value.NULL
		case "contains":
			wrong = i == 0 && (kind == value.N || kind == value.BOOL || kind == value.NULL || kind == value.M)
		case "list_append":
			wrong = kind != value.L
		}
		if wrong {
			p.mistake(classOperandType, errorf("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", name, kind))
		}
	}
	if name == "contains" || name == "begins_with" {
		p.checkDistinct(n, name)
	}
}

// checkOperator finds comparisons that cannot be meant: of an attribute with itself, or with values that have no order.
func (p *parser) checkOperator(n *node) {
	p.checkDistinct(n, n.op)
	switch n.op {
	case "<", "<=", ">", ">=", "BETWEEN":
		for _, arg := range n.args {
			if k := arg.literal.Kind; arg.op == opValue && k != value.Invalid && k != value.S && k != value.N && k != value.B {
				p.mistake(classOperandType, errorf("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", n.op, k))
			}
		}
	}
	if n.op == "BETWEEN" && n.args[1].op == opValue && n.args[2].op == opValue {
		p.checkBounds(n.args[1].literal, n.args[2].literal)
	}
}

func (p *parser) checkDistinct(n *node, name string) {
	for _, arg := range n.args[1:] {
		if n.args[0].op == opPath && arg.op == opPath && n.args[0].path.equal(arg.path) {
			p.mistake(classDistinct, errorf("The first operand must be distinct from the remaining operands for this operator or function; operator: %s, first operand: %s", name, arg.path))
		}
	}
}

func (p *parser) checkBounds(low, high value.Value) {
	if low.Kind == value.Invalid || high.Kind == value.Invalid {
		return
	}
	bounds := fmt.Sprintf("lower bound operand: AttributeValue: {%s:%s}, upper bound operand: AttributeValue: {%s:%s}", low.Kind, low.Str, high.Kind, high.Str)
	order, comparable := value.Compare(low, high)
	if low.Kind != high.Kind {
		p.mistake(classOperandType, errorf("The BETWEEN operator requires same data type for lower and upper bounds; %s", bounds))
	} else if comparable && order > 0 {
		p.mistake(classOperandType, errorf("The BETWEEN operator requires upper bound to be greater than or equal to lower bound; %s", bounds))
	}
}
