package value

import "bytes"

// ParseSome reads of an item that AppendJSON wrote the attributes of some names, and steps over the others: what a filter
// asks of thousands of items is most often one attribute of each. They are put into some, which is emptied before, so that
// one map serves all those items; what is returned is it, or a new one.
func ParseSome(some Item, text []byte, names map[string]bool) (Item, error) {
	clear(some)
	at := 1 // behind the brace
	for at < len(text) && text[at] != '}' {
		if text[at] == ',' {
			at++
		}
		colon := stringEnd(text, at)
		end := objectEnd(text, colon+1)
		if colon < 0 || end < 0 {
			return ParseItem(text) // which says what is wrong
		}
		name := text[at+1 : colon-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			return ParseItem(text)
		}
		if names[string(name)] {
			v, err := parseStored(text[colon+1 : end])
			if err != nil {
				return nil, err
			}
			some[string(name)] = v
		}
		at = end
	}
	return some, nil
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
