package expression

import (
	"usher.example/knative/dynamodb/internal/value"
)

// action is what one clause of an update does at its path.
type action uint8

const (
	set action = iota
	remove
	add
	del
)

var actionNames = [...]string{"SET", "REMOVE", "ADD", "DELETE"}

// change is one clause of an update: what to do, and with which operand.
type change struct {
	action  action
	operand *node // nil for remove
	path    Path
}

// Update is an update expression that has been read.
type Update struct {
	changes []*change
	root    *tree
}

// ParseUpdate reads an UpdateExpression.
func ParseUpdate(source string, names *Names) (*Update, error) {
	return parse("UpdateExpression", source, names, func(p *parser) *Update {
		u := &Update{root: &tree{}}
		seen := [len(actionNames)]bool{}
		for p.peek().kind != tokenEnd {
			a := p.section()
			if seen[a] {
				p.mistake(classSection, errorf(`The "%s" section can only be used once in an update expression;`, actionNames[a]))
			}
			seen[a] = true
			for {
				p.clause(u, a)
				if !p.accept(",") {
					break
				}
			}
		}
		if len(u.changes) == 0 {
			p.fail()
		}
		return u
	})
}

// Paths calls f with each path that the update writes.
func (u *Update) Paths(f func(Path)) {
	for _, c := range u.changes {
		f(c.path)
	}
}

// Touched is the projection of the parts that the update writes, for UPDATED_OLD and UPDATED_NEW.
func (u *Update) Touched() *Projection { return newProjection(u.root) }

func (p *parser) section() action {
	for a, name := range actionNames {
		if p.accept(name) {
			return action(a)
		}
	}
	p.fail()
	return set
}

func (p *parser) clause(u *Update, a action) {
	c := &change{action: a, path: p.path()}
	switch a {
	case set:
		p.expect("=")
		c.operand = p.sum()
	case add, del:
		if p.peek().kind != tokenValue {
			p.fail()
		}
		c.operand = &node{op: opValue, literal: p.value()}
		p.checkSetOperand(a, c.operand.literal.Kind)
	}
	p.mistake(classPaths, u.root.add(c.path, c))
	u.changes = append(u.changes, c)
}

func (p *parser) checkSetOperand(a action, kind value.Kind) {
	if kind == value.Invalid || kind == value.SS || kind == value.NS || kind == value.BS || a == add && kind == value.N {
		return
	}
	p.mistake(classOperandType, errorf("Incorrect operand type for operator or function; operator: %s, operand type: %s, typeSet: ALLOWED_FOR_%s_OPERAND",
		actionNames[a], longNames[kind], actionNames[a]))
}

var longNames = map[value.Kind]string{
	value.S: "STRING", value.N: "NUMBER", value.B: "BINARY", value.BOOL: "BOOLEAN", value.NULL: "NULL", value.L: "LIST", value.M: "MAP",
}

func (p *parser) sum() *node {
	left := p.updateOperand()
	t := p.peek()
	if !t.is("+") && !t.is("-") {
		return left
	}
	p.next()
	p.countOperator()
	right := p.updateOperand()
	n := &node{op: t.text, args: []*node{left, right}}
	for _, arg := range n.args {
		if arg.op == opValue && arg.literal.Kind != value.N && arg.literal.Kind != value.Invalid {
			p.mistake(classOperandType, errorf("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", t.text, arg.literal.Kind))
		}
	}
	return n
}

func (p *parser) updateOperand() *node {
	if p.accept("(") {
		n := p.sum()
		p.expect(")")
		if n.parenthesised {
			p.mistake(classParentheses, errorf("The expression has redundant parentheses;"))
		}
		n.parenthesised = true
		return n
	}
	n := p.operand()
	if name, call := functionName(n); call {
		if f, known := functions[name]; known && !f.update {
			p.misused(name)
		}
	} else if n.op != opPath && n.op != opValue {
		p.fail()
	}
	return n
}
