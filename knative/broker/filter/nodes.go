package filter

import (
	"errors"
	"fmt"

	cesql "github.com/cloudevents/sdk-go/sql/v2"
	cesqlparser "github.com/cloudevents/sdk-go/sql/v2/parser"
	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"
)

// maxSQLBytes bounds a CESQL expression: parsing time grows with it.
const maxSQLBytes = 4096

// attributeIs is an entry of filter.attributes; an empty want asks for presence.
type attributeIs struct{ name, want string }

func (a attributeIs) eval(e *event.Event) verdict {
	have, present := attribute(e, a.name)
	return truth(present && (a.want == "" || a.want == have))
}

// attributeLike is an entry of exact, prefix or suffix.
type attributeLike struct {
	name, want string
	matches    func(have, want string) bool
}

func (a attributeLike) eval(e *event.Event) verdict {
	have, present := attribute(e, a.name)
	return truth(present && a.matches(have, a.want))
}

type allOf []node

func (all allOf) eval(e *event.Event) verdict {
	result := yes
	for _, n := range all {
		switch n.eval(e) {
		case no:
			return no
		case failed:
			result = failed
		}
	}
	return result
}

type anyOf []node

func (any anyOf) eval(e *event.Event) verdict {
	result := no
	for _, n := range any {
		switch n.eval(e) {
		case yes:
			return yes
		case failed:
			result = failed
		}
	}
	return result
}

type notOf struct{ inner node }

func (n notOf) eval(e *event.Event) verdict {
	switch n.inner.eval(e) {
	case yes:
		return no
	case no:
		return yes
	default:
		return failed
	}
}

// sql is a CESQL expression.
type sql struct{ expression cesql.Expression }

func (s sql) eval(e *event.Event) (v verdict) {
	defer func() {
		if recover() != nil {
			v = failed
		}
	}()
	result, err := s.expression.Evaluate(*e)
	if err != nil {
		return failed
	}
	if matched, ok := result.(bool); ok {
		return truth(matched)
	}
	return failed // 'abc' or 5 is neither true nor false
}

func compileSQL(where, text string) (n node, err error) {
	if len(text) > maxSQLBytes {
		return nil, fmt.Errorf("%s: longer than %d bytes", where, maxSQLBytes)
	}
	defer func() {
		if r := recover(); r != nil { // the parser panics on some malformed input
			n, err = nil, fmt.Errorf("%s: %q cannot be parsed: %v", where, text, r)
		}
	}()
	expression, err := cesqlparser.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %q cannot be parsed: %w", where, text, err)
	}
	if expression == nil {
		return nil, errors.New(where + ": empty")
	}
	return sql{expression}, nil
}

func truth(b bool) verdict {
	if b {
		return yes
	}
	return no
}

// attribute is an attribute's or extension's canonical string, and whether the
// event has it. An optional attribute that was never set is absent.
func attribute(e *event.Event, name string) (string, bool) {
	var value string
	switch name {
	case "specversion":
		value = e.SpecVersion()
	case "id":
		value = e.ID()
	case "source":
		value = e.Source()
	case "type":
		value = e.Type()
	case "subject":
		value = e.Subject()
	case "datacontenttype":
		value = e.DataContentType()
	case "dataschema", "schemaurl":
		value = e.DataSchema()
	case "time":
		if t := e.Time(); !t.IsZero() {
			value = types.FormatTime(t)
		}
	default:
		raw, ok := e.Extensions()[name]
		if !ok {
			return "", false
		}
		text, err := types.Format(raw)
		return text, err == nil
	}
	return value, value != ""
}
