package expression

import "strings"

type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenWord             // an attribute name, a keyword or a function
	tokenName             // #placeholder
	tokenValue            // :placeholder
	tokenNumber           // a list index
	tokenSymbol           // an operator or bracket
)

type token struct {
	kind       tokenKind
	text       string
	start, end int // bytes of the source
}

// is tells whether the token is a keyword (in any letter case) or a symbol.
func (t token) is(text string) bool {
	return (t.kind == tokenSymbol && t.text == text) || (t.kind == tokenWord && strings.EqualFold(t.text, text))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWordByte(c byte) bool {
	return c == '_' || isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// lex cuts an expression into tokens, the last of which is tokenEnd. A character that begins no token becomes a symbol
// of its own, which no rule of the grammar accepts.
func lex(source string) []token {
	var tokens []token
	for i := 0; i < len(source); {
		c := source[i]
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
			i++
			continue
		}
		t := token{start: i}
		switch {
		case isDigit(c):
			t.kind, i = tokenNumber, scan(source, i, isDigit)
		case isWordByte(c):
			t.kind, i = tokenWord, scan(source, i, isWordByte)
		case (c == '#' || c == ':') && i+1 < len(source) && isWordByte(source[i+1]):
			t.kind, i = tokenValue, scan(source, i+1, isWordByte)
			if c == '#' {
				t.kind = tokenName
			}
		case strings.HasPrefix(source[i:], "<>") || strings.HasPrefix(source[i:], "<=") || strings.HasPrefix(source[i:], ">="):
			t.kind, i = tokenSymbol, i+2
		default:
			t.kind, i = tokenSymbol, i+runeLength(source[i:])
		}
		t.end, t.text = i, source[t.start:i]
		tokens = append(tokens, t)
	}
	return append(tokens, token{kind: tokenEnd, text: "<EOF>", start: len(source), end: len(source)})
}

func scan(source string, i int, accept func(byte) bool) int {
	for i < len(source) && accept(source[i]) {
		i++
	}
	return i
}

func runeLength(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}
