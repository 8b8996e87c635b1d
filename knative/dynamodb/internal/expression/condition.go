package expression

import "strings"

// Condition is a condition, filter or key condition that has been read.
type Condition struct{ root *node }

// ParseCondition reads a condition; kind is the request parameter it came in, for messages.
func ParseCondition(kind, source string, names *Names) (*Condition, error) {
	root, err := parse(kind, source, names, func(p *parser) *node {
		n := p.or()
		p.mustBeCondition(n)
		return n
	})
	if err != nil {
		return nil, err
	}
	return &Condition{root}, nil
}

// Tops calls f with the name of each attribute that the condition's paths begin at.
func (c *Condition) Tops(f func(name string)) { c.root.tops(f) }

// The grammar, loosest binding first. Each rule may return an operand: whoever needs a condition says so, because
// only after a closing parenthesis is it known which of the two was inside.

func (p *parser) or() *node {
	left := p.and()
	for p.peek().is("OR") {
		left = p.combine("OR", left, p.and)
	}
	return left
}

func (p *parser) and() *node {
	left := p.not()
	for p.peek().is("AND") {
		left = p.combine("AND", left, p.not)
	}
	return left
}

func (p *parser) combine(op string, left *node, rule func() *node) *node {
	p.mustBeCondition(left)
	p.next()
	p.countOperator()
	right := rule()
	p.mustBeCondition(right)
	return &node{op: op, args: []*node{left, right}}
}

func (p *parser) not() *node {
	if !p.accept("NOT") {
		return p.comparison()
	}
	p.countOperator()
	inner := p.not()
	p.mustBeCondition(inner)
	return &node{op: "NOT", args: []*node{inner}}
}

var comparators = map[string]bool{"=": true, "<>": true, "<": true, "<=": true, ">": true, ">=": true}

func (p *parser) comparison() *node {
	left := p.operand()
	t := p.peek()
	switch {
	case t.kind == tokenSymbol && comparators[t.text]:
		p.mustBeOperand(left)
		p.next()
		right := p.operand()
		p.mustBeOperand(right)
		return p.operator(t.text, left, right)
	case t.is("BETWEEN"):
		p.mustBeOperand(left)
		p.next()
		low := p.operand()
		p.mustBeOperand(low)
		p.expect("AND")
		high := p.operand()
		p.mustBeOperand(high)
		return p.operator("BETWEEN", left, low, high)
	case t.is("IN"):
		p.mustBeOperand(left)
		p.next()
		return p.in(left)
	}
	return left
}

func (p *parser) in(left *node) *node {
	args := []*node{left}
	p.expect("(")
	for {
		arg := p.operand()
		p.mustBeOperand(arg)
		args = append(args, arg)
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	if len(args)-1 > maxIn {
		p.mistake(classOperandCount, errorf("Invalid number of operands for operator or function; operator or function: IN, number of operands: %d", len(args)-1))
	}
	return p.operator("IN", args...)
}

func (p *parser) operator(op string, args ...*node) *node {
	p.countOperator()
	n := &node{op: op, args: args}
	p.checkOperator(n)
	return n
}

// operand reads a path, a value, a function, or anything in parentheses.
func (p *parser) operand() *node {
	t := p.peek()
	switch {
	case p.accept("("):
		inner := p.or()
		p.expect(")")
		if inner.parenthesised {
			p.mistake(classParentheses, errorf("The expression has redundant parentheses;"))
		}
		outer := *inner
		outer.parenthesised = true
		return &outer
	case t.kind == tokenValue:
		return &node{op: opValue, literal: p.value()}
	case t.kind == tokenWord && p.tokens[p.at+1].is("("):
		return p.function()
	case t.kind == tokenWord || t.kind == tokenName:
		if isKeyword(t.text) {
			p.fail()
		}
		return &node{op: opPath, path: p.path()}
	}
	p.fail()
	return nil
}

func isKeyword(word string) bool {
	switch strings.ToUpper(word) {
	case "AND", "OR", "NOT", "BETWEEN", "IN":
		return true
	}
	return false
}

func (p *parser) function() *node {
	name := p.next().text
	p.expect("(")
	n := &node{op: opCall + name}
	for {
		n.args = append(n.args, p.operand())
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	p.countOperator()
	p.checkFunction(n, name)
	return n
}
