package contract

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"usher.example/events"
)

// Reference is the page that people read about the events, in Markdown.
func Reference() []byte {
	var b strings.Builder
	b.WriteString(`<!-- Code generated from the Go types by go generate ./events; DO NOT EDIT. -->
# Events

Functions tell each other what has happened by [CloudEvents](https://cloudevents.io) 1.0, and in no other way. An event carries an aggregate's
**whole public state after a change**, with its version: keep the newest, ignore the rest. So an event may come late, twice or out of order.

The Go types are in this package; the same as JSON Schema and as AsyncAPI 3: [schemas](schemas).

## Types

| type | sent by | says | data |
|---|---|---|---|
`)
	for _, m := range Messages {
		row(&b, code(string(m.Type)), code(m.Source), m.Says, link(m.Schema))
	}
	b.WriteString("\n## Attributes\n\n| attribute | value |\n|---|---|\n")
	attributes(&b)
	for _, name := range slices.Sorted(maps.Keys(data)) {
		structure(&b, name)
	}
	b.WriteString(`
## Changing an event

A field may be added. One that goes, changes its type, or is no longer always there needs a new type beside the old one: the last part of the
type's name (` + "`.v1`" + `) counts such changes. A test compares each schema with the one that was released.
`)
	return []byte(b.String())
}

// attributes lists what every event says besides its data, as its headers say it.
func attributes(b *strings.Builder) {
	m := Messages[slices.IndexFunc(Messages, func(m Message) bool { return m.Versioned })]
	own := map[string]string{
		"ce-type": "One of the types above.", "ce-source": "Who sent it, as above.",
		"ce-dataschema": "The schema of the data: " + code(events.SchemaBase+"…") + ".", "ce-time": "When it was sent. RFC 3339, UTC.",
	}
	all := headers(m)["properties"].(object)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		p := all[name].(object)
		says, _ := p["description"].(string)
		if says == "" {
			says = own[name]
		}
		if value, ok := p["const"].(string); ok && says == "" {
			says = code(value)
		}
		row(b, code(strings.TrimPrefix(name, "ce-")), says)
	}
}

// structure lists the fields of a schema, and then of the parts that it defines.
func structure(b *strings.Builder, name string) {
	s := reflected(name, data[name])
	fmt.Fprintf(b, "\n## %s\n", s.Title)
	fields(b, s)
	for _, part := range slices.Sorted(maps.Keys(s.Definitions)) {
		fmt.Fprintf(b, "\n### %s of %s\n", part, s.Title)
		fields(b, s.Definitions[part])
	}
}

func fields(b *strings.Builder, s *jsonschema.Schema) {
	b.WriteString("\n| field | type | always there | |\n|---|---|---|---|\n")
	for p := s.Properties.Oldest(); p != nil; p = p.Next() {
		always := ""
		if slices.Contains(s.Required, p.Key) {
			always = "yes"
		}
		row(b, code(p.Key), kind(p.Value), always, p.Value.Description)
	}
}

// kind says in words what a value may be.
func kind(s *jsonschema.Schema) string {
	switch {
	case s.Ref != "":
		return s.Ref[strings.LastIndex(s.Ref, "/")+1:]
	case len(s.Enum) > 0:
		var values []string
		for _, v := range s.Enum {
			values = append(values, code(fmt.Sprint(v)))
		}
		return strings.Join(values, ", ")
	case s.Format != "":
		return s.Format
	case s.Pattern != "":
		return s.Type + " like " + code(s.Pattern)
	case s.Minimum != "":
		return s.Type + " from " + string(s.Minimum)
	}
	return s.Type
}

func row(b *strings.Builder, cells ...string) {
	for _, c := range cells {
		b.WriteString("| " + strings.ReplaceAll(c, "|", `\|`) + " ")
	}
	b.WriteString("|\n")
}

func code(s string) string { return "`" + s + "`" }

// link leads to the section of a schema.
func link(schema string) string {
	title := strings.TrimSuffix(schema, ".json")
	return "[" + title + "](#" + strings.ReplaceAll(title, ".", "") + ")"
}
