// Package reference writes the page that people read about the HTTP API, from the OpenAPI document.
package reference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// fields are the members of a JSON object in the order of the document.
type fields[T any] []field[T]

type field[T any] struct {
	name  string
	value T
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *fields[T]) UnmarshalJSON(content []byte) error {
	d := json.NewDecoder(bytes.NewReader(content))
	if _, err := d.Token(); err != nil { // the opening brace
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		one := field[T]{name: name.(string)} // a key of an object is always a string
		if err := d.Decode(&one.value); err != nil {
			return err
		}
		*f = append(*f, one)
	}
	return nil
}

func (f fields[T]) get(name string) (v T) {
	for _, one := range f {
		if one.name == name {
			return one.value
		}
	}
	return v
}

type document struct {
	Info       struct{ Title, Description string }
	Tags       []struct{ Name, Description string }
	Paths      fields[fields[json.RawMessage]]
	Components struct {
		Parameters fields[parameter]
		Responses  fields[response]
		Schemas    fields[schema]
	}
}

type operation struct {
	method, path         string
	OperationID          string
	Tags                 []string
	Summary, Description string
	Security             []json.RawMessage
	Parameters           []parameter
	RequestBody          *struct {
		Required bool
		Content  fields[content]
	}
	Responses fields[response]
}

type parameter struct {
	Ref         string `json:"$ref"`
	Name, In    string
	Required    bool
	Description string
	Schema      schema
}

type content struct{ Schema schema }

type response struct {
	Ref         string `json:"$ref"`
	Description string
	Content     fields[content]
}

type schema struct {
	Ref                  string `json:"$ref"`
	Type                 any
	Format, Description  string
	Enum                 []any
	Const                any
	Properties           fields[schema]
	Required             []string
	Items                *schema
	OneOf, AnyOf         []schema
	Minimum, Maximum     *json.Number
	MinLength, MaxLength *int
}

// methods are in the order in which one uses them.
var methods = []string{"get", "post", "put", "patch", "delete"}

// Page is the reference of an OpenAPI document, in Markdown.
func Page(openapi []byte) ([]byte, error) {
	var d document
	if err := json.Unmarshal(openapi, &d); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	operations, err := d.operations()
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString("<!-- Code generated from openapi.json by go generate ./ui/openapi; DO NOT EDIT. -->\n# " + d.Info.Title + "\n\n" +
		"The document itself is [openapi.json](openapi.json); a running system shows it at `/api/docs`.\n\n" + d.Info.Description + "\n")
	for _, tag := range d.Tags {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", tag.Name, tag.Description)
		for _, o := range operations {
			if slices.Contains(o.Tags, tag.Name) {
				d.operation(&b, o)
			}
		}
	}
	b.WriteString("\n## Shapes\n")
	for _, s := range d.Components.Schemas {
		d.shape(&b, s.name, s.value)
	}
	return []byte(b.String()), nil
}

func (d document) operations() (all []operation, err error) {
	for _, path := range d.Paths {
		var shared []parameter
		if raw := path.value.get("parameters"); raw != nil {
			if err := json.Unmarshal(raw, &shared); err != nil {
				return nil, fmt.Errorf("read the parameters of %s: %w", path.name, err)
			}
		}
		for _, method := range methods {
			raw := path.value.get(method)
			if raw == nil {
				continue
			}
			o := operation{method: strings.ToUpper(method), path: path.name}
			if err := json.Unmarshal(raw, &o); err != nil {
				return nil, fmt.Errorf("read %s %s: %w", o.method, o.path, err)
			}
			o.Parameters = append(slices.Clone(shared), o.Parameters...)
			all = append(all, o)
		}
	}
	return all, nil
}

func (d document) operation(b *strings.Builder, o operation) {
	fmt.Fprintf(b, "\n### %s %s\n\n**%s.** %s", o.method, o.path, o.Summary, o.Description)
	if len(o.Security) > 0 {
		b.WriteString(" Needs a session.")
	}
	b.WriteString("\n")
	if len(o.Parameters) > 0 {
		b.WriteString("\n| parameter | in | type | |\n|---|---|---|---|\n")
		for _, p := range o.Parameters {
			if p.Ref != "" {
				p = d.Components.Parameters.get(last(p.Ref))
			}
			row(b, code(p.Name), p.In, kind(p.Schema), p.Description)
		}
	}
	if o.RequestBody != nil {
		b.WriteString("\nBody: " + bodies(o.RequestBody.Content) + ".\n")
	}
	b.WriteString("\n| status | answer | |\n|---|---|---|\n")
	for _, r := range o.Responses {
		answer := r.value
		if answer.Ref != "" {
			answer = d.Components.Responses.get(last(answer.Ref))
		}
		row(b, r.name, bodies(answer.Content), answer.Description)
	}
}

func bodies(all fields[content]) string {
	var each []string
	for _, c := range all {
		k := kind(c.value.Schema)
		if c.name != "application/json" && c.name != "application/problem+json" {
			k = code(c.name)
		}
		if !slices.Contains(each, k) {
			each = append(each, k)
		}
	}
	return strings.Join(each, " or ")
}

func (d document) shape(b *strings.Builder, name string, s schema) {
	fmt.Fprintf(b, "\n### %s\n\n", name)
	if s.Description != "" {
		b.WriteString(s.Description + ".\n\n")
	}
	if len(s.Properties) == 0 {
		b.WriteString(kind(s) + "\n")
		return
	}
	b.WriteString("| field | type | always there | |\n|---|---|---|---|\n")
	for _, p := range s.Properties {
		always := ""
		if slices.Contains(s.Required, p.name) {
			always = "yes"
		}
		row(b, code(p.name), kind(p.value), always, p.value.Description)
	}
}

// kind says in words what a value may be.
func kind(s schema) string {
	switch {
	case s.Ref != "":
		name := last(s.Ref)
		return "[" + name + "](#" + strings.ToLower(name) + ")"
	case len(s.Enum) > 0:
		var values []string
		for _, v := range s.Enum {
			values = append(values, code(fmt.Sprint(v)))
		}
		return strings.Join(values, ", ")
	case s.Const != nil:
		return code(fmt.Sprint(s.Const))
	case len(s.OneOf) > 0 || len(s.AnyOf) > 0:
		var each []string
		for _, one := range append(slices.Clone(s.OneOf), s.AnyOf...) {
			each = append(each, kind(one))
		}
		return strings.Join(each, " or ")
	case s.Items != nil:
		return "list of " + kind(*s.Items)
	case s.Format != "":
		return s.Format + bounds(s)
	}
	switch t := s.Type.(type) {
	case []any:
		var each []string
		for _, one := range t {
			each = append(each, fmt.Sprint(one))
		}
		return strings.Join(each, " or ") + bounds(s)
	case string:
		return t + bounds(s)
	}
	return "any"
}

func bounds(s schema) string {
	switch {
	case s.Minimum != nil && s.Maximum != nil:
		return " from " + s.Minimum.String() + " to " + s.Maximum.String()
	case s.Minimum != nil:
		return " from " + s.Minimum.String()
	case s.MinLength != nil && s.MaxLength != nil:
		return fmt.Sprintf(" of %d to %d characters", *s.MinLength, *s.MaxLength)
	case s.MaxLength != nil:
		return fmt.Sprintf(" of at most %d characters", *s.MaxLength)
	}
	return ""
}

func row(b *strings.Builder, cells ...string) {
	for _, c := range cells {
		b.WriteString("| " + strings.ReplaceAll(strings.ReplaceAll(c, "|", `\|`), "\n", " ") + " ")
	}
	b.WriteString("|\n")
}

func code(s string) string { return "`" + s + "`" }

func last(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }
