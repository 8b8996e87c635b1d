package expression

import (
	"strings"
	"testing"

	"usher.example/knative/dynamodb/internal/value"
)

func names(t testing.TB) *Names {
	t.Helper()
	item, err := value.ParseItem([]byte(`{":n":{"N":"1"},":s":{"S":"x"},":l":{"L":[{"N":"1"}]},":ss":{"SS":["a"]},":m":{"M":{}},":b":{"BOOL":true}}`))
	if err != nil {
		t.Fatal(err)
	}
	n, err := NewNames(map[string]string{"#a": "a", "#dot": "a.b"}, item)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestConditionMistakes(t *testing.T) {
	many := strings.Repeat("a = :n OR ", 140) + "a = :n"
	tests := []struct{ source, want string }{
		{"a", `Syntax error; token: "<EOF>", near: "a"`},
		{"a =", `Syntax error; token: "<EOF>", near: "="`},
		{"a = :n :s", `Syntax error; token: ":s", near: ":n :s"`},
		{"a = :n AND", `Syntax error; token: "<EOF>", near: "AND"`},
		{"a = 5", `Syntax error; token: "5", near: "= 5"`},
		{"(a = :n", `Syntax error; token: "<EOF>", near: ":n"`},
		{"a ? :n", `Syntax error; token: "?", near: "a ? :n"`},
		{"a.b[x] = :n", `Syntax error; token: "x", near: "[x]"`},
		{"a[99999999999] = :n", "List index is not within the allowable range; index: [99999999999]"},
		{"a == :n", `Syntax error; token: "=", near: "== :n"`},
		{"#zz = :n", "An expression attribute name used in the document path is not defined; attribute name: #zz"},
		{"a = :zz", "An expression attribute value used in expression is not defined; attribute value: :zz"},
		{"a = a", "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a]"},
		{"a[1].b = a[1].b", "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a, [1], b]"},
		{"attribute_exists(:n)", "Operator or function requires a document path; operator or function: attribute_exists"},
		{"attribute_exists(a) = :n", "The function is not allowed to be used this way in an expression; function: attribute_exists"},
		{"if_not_exists(a, :n) = :n", "The function is not allowed to be used this way in an expression; function: if_not_exists"},
		{"size(a) AND a = :n", "The function is not allowed to be used this way in an expression; function: size"},
		{"contains(attribute_exists(a), :n)", "The function is not allowed to be used this way in an expression; function: attribute_exists"},
		{"begins_with(a, :n)", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
		{"size(:n) = :n", "Incorrect operand type for operator or function; operator or function: size, operand type: N"},
		{"a < :l", "Incorrect operand type for operator or function; operator or function: <, operand type: L"},
		{"a BETWEEN :n AND :s", "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:x}"},
		{"((a = :n))", "The expression has redundant parentheses;"},
		{"((a)) = :n", "The expression has redundant parentheses;"},
		{"name = :n", "Attribute name is a reserved keyword; reserved keyword: name"},
		{"a.Size = :n", "Attribute name is a reserved keyword; reserved keyword: Size"},
		{"foo(a)", "Invalid function name; function: foo"},
		{"foo(name) = :zz", "Invalid function name; function: foo"},
		{"a IN ()", `Syntax error; token: ")", near: "()"`},
		{many, ""},
		{many + " OR " + many, "The expression contains too many operators; operators limit: 300"},
		{strings.Repeat("a", 4097), "Expression size has exceeded the maximum allowed size; expression size: 4097"},
	}
	for _, test := range tests {
		_, err := ParseCondition("ConditionExpression", test.source, names(t))
		got := ""
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "Invalid ConditionExpression: ")
		}
		if got != test.want {
			t.Errorf("%.60s: got %q, want %q", test.source, got, test.want)
		}
	}
}

func TestConditionsThatStand(t *testing.T) {
	item, err := value.ParseItem([]byte(`{"a":{"N":"1"},"b":{"L":[{"M":{"c":{"S":"xyz"}}}]},"a.b":{"S":"dotted"},"u":{"S":"🎟a"}}`))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{
		"a=:n":                               true,
		"(a)=(:n)":                           true,
		"a<>:n":                              false,
		"NOT NOT a = :n":                     true,
		"not (a = :s) and a = :n":            true,
		"a = :n OR a = :s AND a = :s":        true,
		"b[0].c = :s":                        false,
		"begins_with(b[0].c, :s)":            true,
		"contains(b[0].c, :s)":               true,
		"#dot > :s":                          false,
		"#dot < :s":                          true,
		"size(b) = :n":                       true,
		"size(b) = size(b[0])":               true,
		"size(u) > :n":                       true,
		"a IN (:s, :n)":                      true,
		"a BETWEEN :n AND :n":                true,
		":n = a":                             true,
		"attribute_type(gone, :s) OR a = :n": true,
		"attribute_not_exists(b[1])":         true,
		"attribute_exists(b[0].c)":           true,
		"gone < :n":                          false,
		"NOT gone < :n":                      true,
		"\ta\n=\r:n ":                        true,
	}
	for source, want := range tests {
		values := names(t)
		if strings.Contains(source, "attribute_type") {
			values.values[":s"] = value.Of(value.S, "S")
		}
		c, err := ParseCondition("ConditionExpression", source, values)
		if err != nil {
			t.Errorf("%s: %v", source, err)
		} else if got := c.Match(item); got != want {
			t.Errorf("%s: got %v, want %v", source, got, want)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	if _, err := NewNames(map[string]string{"a": "b"}, nil); err == nil || err.Error() != `ExpressionAttributeNames contains invalid key: Syntax error; key: "a"` {
		t.Errorf("got %v", err)
	}
	if _, err := NewNames(nil, map[string]value.Value{}); err == nil || err.Error() != "ExpressionAttributeValues must not be empty" {
		t.Errorf("got %v", err)
	}
	n := names(t)
	if _, err := ParseCondition("ConditionExpression", "#a = :n", n); err != nil {
		t.Fatal(err)
	}
	if err := n.Unused(); err == nil || err.Error() != "Value provided in ExpressionAttributeNames unused in expressions: keys: {#dot}" {
		t.Errorf("got %v", err)
	}
}

var seeds = []string{
	"a = :n", "#a.b[1] <> :s AND NOT (size(a) >= :n)", "a BETWEEN :n AND :n OR a IN (:n, :s)", "attribute_type(a, :s)", "contains(a, :ss)",
	"SET a = b + :n, b[0].c = list_append(:l, if_not_exists(l, :l)) REMOVE d, e[1] ADD f :n DELETE g :ss", "SET a = (b - :n)",
	"a, b.c, d[0].e, #dot", "((", "#", ":", "a[", "a[0", "a..b", "SET", "a = \xff",
}

// item is something for expressions to meet.
func anItem(t testing.TB) value.Item {
	item, err := value.ParseItem([]byte(`{"a":{"N":"1"},"b":{"L":[{"M":{"c":{"S":"x"}}}]},"l":{"L":[]},"d":{"M":{"k":{"N":"2"}}},"e":{"L":[{"N":"1"},{"N":"2"}]},"f":{"N":"3"},"g":{"SS":["a","b"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	return item
}

// FuzzCondition reads and evaluates anything as a condition and as a key condition.
func FuzzCondition(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	item := anItem(f)
	f.Fuzz(func(t *testing.T, source string) {
		c, err := ParseCondition("ConditionExpression", source, names(t))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "Invalid ConditionExpression: ") {
				t.Fatalf("%q: %v", source, err)
			}
			return
		}
		first := c.Match(item)
		if again := c.Match(item); again != first {
			t.Fatal("a condition changed its mind")
		}
		c.Match(nil)
		c.Tops(func(string) {})
		c.KeyConditions()
	})
}

// FuzzUpdate reads and applies anything as an update: the item it meets is never changed.
func FuzzUpdate(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		u, err := ParseUpdate(source, names(t))
		if err != nil {
			return
		}
		item := anItem(t)
		next, err := u.Apply(item)
		if !value.Equal(value.Value{Kind: value.M, Map: item}, value.Value{Kind: value.M, Map: anItem(t)}) {
			t.Fatalf("%q changed the item it was given", source)
		}
		if err == nil {
			u.Touched().Apply(next)
		}
	})
}

// FuzzProjection reads and applies anything as a projection: it shows nothing that is not in the item.
func FuzzProjection(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	item := anItem(f)
	f.Fuzz(func(t *testing.T, source string) {
		p, err := ParseProjection(source, names(t))
		if err != nil {
			return
		}
		for name := range p.Apply(item) {
			if _, ok := item[name]; !ok {
				t.Fatalf("%q shows %q", source, name)
			}
		}
	})
}
