package value

import "bytes"

// ParseSome reads of an item that AppendJSON wrote the attributes of some names, and steps over the others: what a filter
// asks of thousands of items is most often one attribute of each. They are put into some, which is emptied before, so that
// one map serves all those items; what is returned is it, or a new one.
func ParseSome(some Item, text []byte, names map[string]bool) (Item, error) {
	clear(some)
	whole := eachMember(text, func(name, value, _ []byte) bool {
		if !names[string(name)] {
			return true
		}
		v, err := parseStored(value)
		some[string(name)] = v
		return err == nil
	})
	if !whole {
		return ParseItem(text) // which says what is wrong
	}
	return some, nil
}

// AppendSome adds of an item that AppendJSON wrote the attributes of some names to b, as they are. It is false, and adds
// nothing, where that needs a closer look: ParseItem has it.
func AppendSome(b, text []byte, names map[string]bool) ([]byte, bool) {
	begin := len(b)
	b = append(b, '{')
	whole := eachMember(text, func(name, _, member []byte) bool {
		if names[string(name)] {
			if len(b) > begin+1 {
				b = append(b, ',')
			}
			b = append(b, member...)
		}
		return true
	})
	if !whole {
		return b[:begin], false
	}
	return append(b, '}'), true
}

// eachMember calls f with each attribute of an item that AppendJSON wrote: its name without quotes, its value, and both as
// they stand. It is false when f is, when the text is broken, and when a name has escapes.
func eachMember(text []byte, f func(name, value, member []byte) bool) bool {
	at := 1 // behind the brace
	for at < len(text) && text[at] != '}' {
		if text[at] == ',' {
			at++
		}
		colon := stringEnd(text, at)
		end := objectEnd(text, colon+1)
		if colon < 0 || end < 0 {
			return false
		}
		name := text[at+1 : colon-1]
		if bytes.IndexByte(name, '\\') >= 0 || !f(name, text[colon+1:end], text[at:end]) {
			return false
		}
		at = end
	}
	return at < len(text)
}

// parseStored reads one value, text without escapes by the shortest way.
func parseStored(text []byte) (Value, error) {
	if s, ok := bytes.CutPrefix(text, []byte(`{"S":"`)); ok {
		if s, ok = bytes.CutSuffix(s, []byte(`"}`)); ok && bytes.IndexByte(s, '\\') < 0 {
			return Of(S, string(s)), nil
		}
	}
	return decode(newStoredDecoder(text), unlimited)
}

// stringEnd is the place behind the JSON string that begins at a place; negative when there is none.
func stringEnd(text []byte, at int) int {
	if at >= len(text) || text[at] != '"' {
		return -1
	}
	for at++; at < len(text); at++ {
		n := bytes.IndexByte(text[at:], '"')
		if n < 0 {
			return -1
		}
		escaped := false
		for i := at + n - 1; i >= at && text[i] == '\\'; i-- {
			escaped = !escaped
		}
		if at += n; !escaped {
			return at + 1
		}
	}
	return -1
}

// objectEnd is the place behind the JSON object that begins at a place; negative when there is none.
func objectEnd(text []byte, at int) int {
	if at >= len(text) || text[at] != '{' {
		return -1
	}
	for depth := 0; at >= 0 && at < len(text); {
		switch text[at] {
		case '"':
			at = stringEnd(text, at)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if at++; depth == 0 {
			return at
		}
	}
	return -1
}
