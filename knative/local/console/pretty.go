package console

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
)

// pretty makes a line of JSON, as functions log, into one that is read with ease: level, message, then name=value in
// their order. The time is left out, as the line is shown when it comes. Any other line stays as it is.
func pretty(line string) string {
	if !strings.HasPrefix(line, "{") {
		return line
	}
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return line
	}
	var level, message string
	var rest strings.Builder
	for d.More() {
		name, err := d.Token()
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			return line
		}
		switch key, _ := name.(string); key {
		case "time", "function": // shown by the prefix and by when
		case "level":
			level = quoted(value)
		case "msg":
			message = text(value)
		default:
			rest.WriteString(" " + word(key) + "=" + quoted(value))
		}
	}
	if _, err := d.Token(); err != nil || message == "" || level == "" || d.More() {
		return line
	}
	if strings.ContainsFunc(message, unicode.IsControl) {
		message = strconv.Quote(message) // it must stay on its line, and command no terminal
	}
	return level + strings.Repeat(" ", max(0, len("ERROR")-len(level))) + " " + message + rest.String()
}

// text is a JSON string's value; other values stay JSON.
func text(value json.RawMessage) string {
	var s string
	if json.Unmarshal(value, &s) != nil {
		return string(bytes.TrimSpace(value))
	}
	return s
}

func quoted(value json.RawMessage) string { return word(text(value)) }

// word is s in quotes only if it needs them.
func word(s string) string {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) || r == '"' || r == '=' }) {
		return strconv.Quote(s)
	}
	return s
}
