// Package apifuzz makes requests of an OpenAPI document: valid ones, and such as nobody thought of. It sends nothing itself.
//
// A Generator of the same seed makes the same requests. Where a request needs something that exists, such as a ticket's id, it
// has a placeholder, {{ticket}}, which whoever sends it fills in.
package apifuzz

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Document is what is known of an API.
type Document struct {
	Operations []Operation
	components components
}

// Operation is one method of one path.
type Operation struct {
	Method, Path string
	Statuses     []int // that its answers may have
	parameters   []parameter
	bodies       map[string]*schema // by media type
}

// Name is the operation as people write it: POST /api/tickets.
func (o Operation) Name() string { return o.Method + " " + o.Path }

type components struct {
	Parameters map[string]parameter
	Schemas    map[string]*schema
}

type parameter struct {
	Ref      string `json:"$ref"`
	Name, In string
	Required bool
	Schema   *schema
}

type schema struct {
	Ref                  string `json:"$ref"`
	Type                 any
	Format               string
	Pattern              string
	Enum                 []any
	Const                any
	Properties           map[string]*schema
	Required             []string
	Items                *schema
	OneOf, AnyOf         []*schema
	Minimum, Maximum     *float64
	MinLength, MaxLength *int
}

var methods = []string{"get", "post", "put", "patch", "delete"}

// Parse reads an OpenAPI document. Its error says what of it cannot be understood.
func Parse(content []byte) (*Document, error) {
	var in struct {
		Paths      map[string]map[string]json.RawMessage
		Components components
	}
	if err := json.Unmarshal(content, &in); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	d := &Document{components: in.Components}
	for path, item := range in.Paths {
		var shared []parameter
		if raw, ok := item["parameters"]; ok {
			if err := json.Unmarshal(raw, &shared); err != nil {
				return nil, fmt.Errorf("read the parameters of %s: %w", path, err)
			}
		}
		for _, method := range methods {
			raw, ok := item[method]
			if !ok {
				continue
			}
			o, err := operation(strings.ToUpper(method), path, raw)
			if err != nil {
				return nil, err
			}
			o.parameters = append(slices.Clone(shared), o.parameters...)
			for i, p := range o.parameters {
				if p.Ref != "" {
					o.parameters[i] = in.Components.Parameters[last(p.Ref)]
				}
			}
			d.Operations = append(d.Operations, o)
		}
	}
	slices.SortFunc(d.Operations, func(a, b Operation) int { return strings.Compare(a.Name(), b.Name()) })
	if len(d.Operations) == 0 {
		return nil, fmt.Errorf("the OpenAPI document has no operation")
	}
	return d, nil
}

func operation(method, path string, raw json.RawMessage) (Operation, error) {
	var in struct {
		Parameters  []parameter
		RequestBody struct {
			Content map[string]struct{ Schema *schema }
		}
		Responses map[string]json.RawMessage
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return Operation{}, fmt.Errorf("read %s %s: %w", method, path, err)
	}
	o := Operation{Method: method, Path: path, parameters: in.Parameters, bodies: map[string]*schema{}}
	for kind, content := range in.RequestBody.Content {
		o.bodies[kind] = content.Schema
	}
	for status := range in.Responses {
		var n int
		if _, err := fmt.Sscanf(status, "%d", &n); err != nil {
			return o, fmt.Errorf("read %s: status %q: %w", o.Name(), status, err)
		}
		o.Statuses = append(o.Statuses, n)
	}
	return o, nil
}

func last(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }
