package expression

import (
	"maps"
	"slices"

	"usher.example/knative/dynamodb/internal/value"
)

// Projection is a choice of attributes and of parts of documents.
type Projection struct {
	root  *tree
	whole map[string]bool // nil when some are chosen in part
}

func newProjection(root *tree) *Projection {
	p := &Projection{root: root, whole: map[string]bool{}}
	for name, child := range root.named {
		if child.path == nil {
			p.whole = nil
			break
		}
		p.whole[name] = true
	}
	return p
}

// Whole are the names of the attributes that the projection takes, when it takes each of them whole, and nil otherwise.
func (p *Projection) Whole() map[string]bool { return p.whole }

// ParseProjection reads a ProjectionExpression.
func ParseProjection(source string, names *Names) (*Projection, error) {
	root, err := parse("ProjectionExpression", source, names, func(p *parser) *tree {
		root := &tree{}
		for {
			p.mistake(classPaths, root.add(p.path(), nil))
			if !p.accept(",") {
				return root
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return newProjection(root), nil
}

// ProjectNames is a projection of whole attributes.
func ProjectNames(names []string) *Projection {
	root := &tree{}
	for _, name := range names {
		root.child(step{name: name, named: true}).path = Path{{name: name, named: true}}
	}
	return newProjection(root)
}

// Tops calls f with the name of each attribute the projection takes or takes a part of.
func (p *Projection) Tops(f func(name string)) {
	for name := range p.root.named {
		f(name)
	}
}

// Apply returns the chosen parts of an item; a nil projection chooses all. The list elements that are left close ranks.
func (p *Projection) Apply(item value.Item) value.Item {
	if p == nil || item == nil {
		return item
	}
	chosen, _ := p.root.project(value.Value{Kind: value.M, Map: item})
	return chosen.Map
}

func (t *tree) project(v value.Value) (value.Value, bool) {
	if t.path != nil {
		return v, true
	}
	switch {
	case t.named != nil && v.Kind == value.M:
		m := map[string]value.Value{}
		for name, child := range t.named {
			if inner, ok := v.Map[name]; ok {
				if part, ok := child.project(inner); ok {
					m[name] = part
				}
			}
		}
		return value.Value{Kind: value.M, Map: m}, len(m) > 0
	case t.listed != nil && v.Kind == value.L:
		var list []value.Value
		for _, i := range slices.Sorted(maps.Keys(t.listed)) {
			if i < len(v.List) {
				if part, ok := t.listed[i].project(v.List[i]); ok {
					list = append(list, part)
				}
			}
		}
		return value.Value{Kind: value.L, List: list}, len(list) > 0
	}
	return v, false
}
