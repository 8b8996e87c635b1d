package expression

import (
	"strconv"

	"usher.example/knative/dynamodb/internal/value"
)

// class orders the mistakes an expression can make beyond its syntax: only the first of the lowest class is reported,
// as DynamoDB does.
type class int

const (
	classParentheses class = iota
	classFunction
	classMisused
	classSection
	classReserved
	classUndefined
	classPaths
	classOperandCount
	classDistinct
	classOperandType
	classes
)

// parser holds what reading one expression needs. A syntax error ends reading at once, by a panic that parse turns into
// an error: the grammar reads better without an error at every step, and the panic never leaves this package.
type parser struct {
	source    string
	tokens    []token
	at        int
	names     *Names
	operators int
	mistakes  [classes]string
	inOrder   bool // of values, the mistake that was written first is told, as DynamoDB does for key conditions
}

// keyCondition is the one kind of expression with an order of mistakes of its own.
const keyCondition = "KeyConditionExpression"

type syntaxError struct{ error }

// parse reads source with a rule of the grammar and reports the expression's first mistake, naming its kind (such as
// "ConditionExpression").
func parse[T any](kind, source string, names *Names, rule func(*parser) T) (result T, err error) {
	if source == "" {
		return result, errorf("Invalid %s: The expression can not be empty;", kind)
	}
	if len(source) > maxLength {
		return result, errorf("Invalid %s: Expression size has exceeded the maximum allowed size; expression size: %d", kind, len(source))
	}
	p := &parser{source: source, tokens: lex(source), names: names, inOrder: kind == keyCondition}
	defer func() {
		if e := recover(); e != nil {
			broken, ok := e.(syntaxError)
			if !ok {
				panic(e)
			}
			err = errorf("Invalid %s: %s", kind, broken.Error())
		}
	}()
	result = rule(p)
	if p.peek().kind != tokenEnd {
		p.fail()
	}
	for _, mistake := range p.mistakes {
		if mistake != "" {
			return result, errorf("Invalid %s: %s", kind, mistake)
		}
	}
	return result, nil
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

func (p *parser) accept(text string) bool {
	if p.peek().is(text) {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(text string) {
	if !p.accept(text) {
		p.fail()
	}
}

// fail reports the next token as one that cannot stand there, with its neighbours.
func (p *parser) fail() {
	t := p.peek()
	first, last := t, t
	if p.at > 0 {
		first = p.tokens[p.at-1]
	}
	if p.at+1 < len(p.tokens) {
		last = p.tokens[p.at+1]
	}
	panic(syntaxError{errorf(`Syntax error; token: "%s", near: "%s"`, t.text, p.source[first.start:last.end])})
}

func (p *parser) mistake(c class, err error) {
	if p.inOrder && c == classOperandType {
		c = classUndefined
	}
	if err != nil && p.mistakes[c] == "" {
		p.mistakes[c] = err.Error()
	}
}

// countOperator bounds the work that one expression can ask for on every item.
func (p *parser) countOperator() {
	if p.operators++; p.operators > maxOperators {
		panic(syntaxError{errorf("The expression contains too many operators; operators limit: %d", maxOperators)})
	}
}

// path reads a document path.
func (p *parser) path() Path {
	path := Path{p.nameStep()}
	for {
		switch {
		case p.accept("."):
			path = append(path, p.nameStep())
		case p.accept("["):
			t := p.peek()
			index, err := strconv.ParseInt(t.text, 10, 32)
			if t.kind != tokenNumber {
				p.fail()
			}
			if err != nil {
				panic(syntaxError{errorf("List index is not within the allowable range; index: [%s]", t.text)})
			}
			p.next()
			p.expect("]")
			path = append(path, step{index: int(index)})
		default:
			if len(path) > maxPathDepth {
				p.mistake(classPaths, errorf("The document path has too many nesting elements; nesting levels: %d", len(path)))
			}
			return path
		}
	}
}

func (p *parser) nameStep() step {
	t := p.peek()
	switch t.kind {
	case tokenWord:
		if isReserved(t.text) {
			p.mistake(classReserved, errorf("Attribute name is a reserved keyword; reserved keyword: %s", t.text))
		}
		p.next()
		return step{name: t.text, named: true}
	case tokenName:
		name, ok := p.names.names[t.text]
		if !ok {
			p.mistake(classUndefined, errorf("An expression attribute name used in the document path is not defined; attribute name: %s", t.text))
		}
		p.names.usedNames[t.text] = true
		p.next()
		return step{name: name, named: true}
	}
	p.fail()
	return step{}
}

func (p *parser) value() value.Value {
	t := p.next()
	v, ok := p.names.values[t.text]
	if !ok {
		p.mistake(classUndefined, errorf("An expression attribute value used in expression is not defined; attribute value: %s", t.text))
	}
	p.names.usedValues[t.text] = true
	return v
}
