package value

import (
	"bytes"
	"math/big"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

func TestParseNumber(t *testing.T) {
	digits38 := strings.Repeat("9", 38)
	tests := []struct{ in, want, problem string }{
		{"0", "0", ""}, {"-0", "0", ""}, {"0.000", "0", ""}, {"00", "0", ""},
		{"1", "1", ""}, {"+1", "1", ""}, {"-1", "-1", ""}, {"007", "7", ""},
		{"1.50", "1.5", ""}, {".5", "0.5", ""}, {"5.", "5", ""}, {"-.05", "-0.05", ""},
		{"1e3", "1000", ""}, {"1E-3", "0.001", ""}, {"12.5e1", "125", ""}, {"1e+2", "100", ""},
		{digits38, digits38, ""}, {digits38 + "000", digits38 + "000", ""},
		{"1E-130", "0." + strings.Repeat("0", 129) + "1", ""},
		{"9.9E125", "99" + strings.Repeat("0", 124), ""},
		{digits38 + "9", "", tooPrecise},
		{"1E126", "", tooBig}, {"-1E126", "", tooBig}, {"1E999999999999", "", tooBig},
		{"1E-131", "", tooSmall}, {"1E-99999999999", "", tooSmall},
		{"1e9223372036854775807", "", tooBig}, {"1e9223372036854775808", "", notANumber + ": 1e9223372036854775808"},
		{"0e125", "0", ""}, {"0e126", "", tooBig}, {"0.00e128", "", tooBig}, {"0.00e127", "0", ""}, {"0e-130", "0", ""}, {"0e-131", "", tooSmall}, {"0.0e-130", "", tooSmall},
		{"", "", notANumber}, {"abc", "", notANumber + ": abc"}, {"1 ", "", notANumber + ": 1 "},
		{"1e", "", notANumber + ": 1e"}, {"--1", "", notANumber + ": --1"}, {".", "", notANumber + ": ."},
		{"1.2.3", "", notANumber + ": 1.2.3"}, {"NaN", "", notANumber + ": NaN"}, {"0x10", "", notANumber + ": 0x10"},
	}
	for _, test := range tests {
		got, problem := ParseNumber(test.in)
		if got != test.want || problem != test.problem {
			t.Errorf("%q: got %q, %q; want %q, %q", test.in, got, problem, test.want, test.problem)
		}
	}
}

func TestAdd(t *testing.T) {
	nines := strings.Repeat("9", 38)
	tests := []struct {
		a, b     string
		subtract bool
		want     string
		problem  string
	}{
		{"1", "2", false, "3", ""}, {"1", "2", true, "-1", ""}, {"0.1", "0.2", false, "0.3", ""}, {"5", "5", true, "0", ""},
		{"-1.5", "1.5", false, "0", ""}, {"0", "7", true, "-7", ""}, {nines, "1", false, "1" + strings.Repeat("0", 38), ""},
		{nines, "0.1", false, "", tooPrecise}, {"9E125", "9E125", false, "", tooBig},
	}
	for _, test := range tests {
		a, _ := ParseNumber(test.a)
		b, _ := ParseNumber(test.b)
		if got, problem := Add(a, b, test.subtract); got != test.want || problem != test.problem {
			t.Errorf("%s, %s, subtract %v: got %q, %q; want %q, %q", test.a, test.b, test.subtract, got, problem, test.want, test.problem)
		}
	}
}

func TestSize(t *testing.T) {
	tests := []struct {
		item string
		want int
	}{
		{`{"a":{"S":""}}`, 1}, {`{"ab":{"S":"ü"}}`, 4}, {`{"a":{"B":"AAEC"}}`, 4}, {`{"a":{"BOOL":true}}`, 2}, {`{"a":{"NULL":true}}`, 2},
		{`{"a":{"N":"0"}}`, 2}, {`{"a":{"N":"1"}}`, 3}, {`{"a":{"N":"123"}}`, 4}, {`{"a":{"N":"-123"}}`, 5}, {`{"a":{"N":"1000"}}`, 3}, {`{"a":{"N":"0.01"}}`, 3},
		{`{"a":{"N":"1.5"}}`, 4}, {`{"a":{"N":"3.14159"}}`, 6}, {`{"a":{"N":"123456"}}`, 5}, {`{"a":{"N":"100.5"}}`, 5}, {`{"a":{"N":"1010"}}`, 4}, {`{"a":{"N":"0.15"}}`, 3},
		{`{"a":{"L":[]}}`, 4}, {`{"a":{"L":[{"S":"x"}]}}`, 6}, {`{"a":{"M":{}}}`, 4}, {`{"a":{"M":{"k":{"S":"x"}}}}`, 7},
		{`{"a":{"SS":["x","yz"]}}`, 4}, {`{"a":{"NS":["1","23"]}}`, 5},
	}
	for _, test := range tests {
		item, err := ParseItem([]byte(test.item))
		if err != nil {
			t.Fatal(err)
		}
		if got := item.Size(); got != test.want {
			t.Errorf("%s: got %d, want %d", test.item, got, test.want)
		}
	}
}

func TestInvalidValues(t *testing.T) {
	const nesting = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
	tests := []struct{ item, want string }{
		{`{"a":{}}`, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
		{`{"a":{"S":"x","N":"1"}}`, "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"},
		{`{"a":{"N":"x"}}`, "The parameter cannot be converted to a numeric value: x"},
		{`{"a":{"SS":[]}}`, "One or more parameter values were invalid: An string set  may not be empty"},
		{`{"a":{"SS":["x","x"]}}`, "One or more parameter values were invalid: Input collection [x, x] contains duplicates."},
		{`{"a":{"NS":["1","1.0"]}}`, "Input collection contains duplicates"},
		{`{"a":{"L":[{"M":{"k":{"N":"x"}}}]}}`, "The parameter cannot be converted to a numeric value: x"},
		{`{"a":{"NULL":false}}`, "One or more parameter values were invalid: Null attribute value types must have the value of true"},
		{`{"a":{"M":{"":{"S":"x"}}}}`, ""},
		{`{"a":` + nested(`{"L":[`, `{"S":"x"}`, `]}`, 32) + `}`, nesting},
		{`{"a":` + nested(`{"M":{"k":`, `{"S":"x"}`, `}}`, 32) + `}`, nesting},
		{`{"a":` + nested(`{"M":{"k":`, `{"S":"x"}`, `}}`, 500) + `}`, nesting},
		{`{"a":` + nested(`{"L":[`, `{"L":[]}`, `]}`, 32) + `}`, nesting},
	}
	for _, test := range tests {
		item, err := receive(test.item)
		if err != nil {
			t.Errorf("%.60s: %v", test.item, err)
		} else if got := item["a"].Error(); got != test.want {
			t.Errorf("%.60s: got %q, want %q", test.item, got, test.want)
		}
	}
	for _, shallow := range []string{nested(`{"L":[`, `{"S":"x"}`, `]}`, 31), nested(`{"M":{"k":`, `{"S":"x"}`, `}}`, 31), nested(`{"L":[`, `{"L":[]}`, `]}`, 31)} {
		if item, err := receive(`{"a":` + shallow + `}`); err != nil || item["a"].Error() != "" {
			t.Errorf("%.60s: %v %q", shallow, err, item["a"].Error())
		}
	}
	if item, err := receive(`{"":{"S":"x"}}`); err != nil || item[""].Error() != "Empty attribute name" {
		t.Errorf("no name: %v %q", err, item[""].Error())
	}
}

func TestTooDeep(t *testing.T) {
	for levels, want := range map[int]bool{0: false, 31: false, 32: true, 100: true} {
		item, err := ParseItem([]byte(`{"flat":{"S":"x"},"a":` + nested(`{"L":[{"M":{"k":`, nested(`{"L":[`, `{"S":"x"}`, `]}`, levels%2), `}}]}`, levels/2) + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := item.TooDeep() != ""; got != want {
			t.Errorf("%d levels: got %v, want %v", levels, got, want)
		}
	}
}

// receive reads an item as a request brings it, with all that is checked on the way.
func receive(text string) (item Item, err error) {
	err = json.Unmarshal([]byte(text), &item)
	return item, err
}

// nested puts leaf into so many lists or maps.
func nested(open, leaf, end string, levels int) string {
	return strings.Repeat(open, levels) + leaf + strings.Repeat(end, levels)
}

// FuzzNumber holds numbers to arithmetic that is known to be right, and their keys to their order.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{"0", "1", "-1", "1.5", "1e10", "-1E-130", "99999999999999999999999999999999999999", "0.001", "100", "-.5e-3"} {
		f.Add(seed, "7")
		f.Add("-12.25", seed)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, problem := ParseNumber(a)
		if problem != "" {
			return
		}
		if again, problem := ParseNumber(x); again != x || problem != "" {
			t.Fatalf("%q became %q, and that %q %s", a, x, again, problem)
		}
		exact, ok := new(big.Rat).SetString(x)
		if sent, ok2 := new(big.Rat).SetString(strings.TrimPrefix(a, "+")); !ok || ok2 && exact.Cmp(sent) != 0 {
			t.Fatalf("%q became %q", a, x)
		}
		y, problem := ParseNumber(b)
		if problem != "" {
			return
		}
		other, _ := new(big.Rat).SetString(y)
		want := exact.Cmp(other)
		if got, _ := Compare(Of(N, x), Of(N, y)); got != want {
			t.Fatalf("%s and %s compare as %d, want %d", x, y, got, want)
		}
		if got := bytes.Compare(AppendKey(nil, Of(N, x)), AppendKey(nil, Of(N, y))); got != want {
			t.Fatalf("the keys of %s and %s compare as %d, want %d", x, y, got, want)
		}
		if sum, problem := Add(x, y, false); problem == "" {
			got, _ := new(big.Rat).SetString(sum)
			if got.Cmp(new(big.Rat).Add(exact, other)) != 0 {
				t.Fatalf("%s + %s = %s", x, y, sum)
			}
		}
	})
}

// FuzzKeys holds the keys of texts to their order, also with something behind them.
func FuzzKeys(f *testing.F) {
	f.Add("a", "b", "x")
	f.Add("a", "a\x00", "\xff")
	f.Add("", "\x00", "\x00\x01")
	f.Fuzz(func(t *testing.T, a, b, tail string) {
		x, y := AppendKey(nil, Of(S, a)), AppendKey(nil, Of(S, b))
		if got, want := bytes.Compare(x, y), strings.Compare(a, b); got != want {
			t.Fatalf("keys of %q and %q compare as %d, want %d", a, b, got, want)
		}
		if a != b {
			if got, want := bytes.Compare(append(x, tail...), y), strings.Compare(a, b); got != want {
				t.Fatalf("the key of %q with %q behind compares with %q's as %d, want %d", a, tail, b, got, want)
			}
		}
		if got, want := bytes.HasPrefix(AppendKey(nil, Of(S, a)), AppendKeyPrefix(nil, Of(S, b))), strings.HasPrefix(a, b); got != want {
			t.Fatalf("prefix of %q by %q: %v, want %v", a, b, got, want)
		}
	})
}

func TestParseSome(t *testing.T) {
	all := Item{
		"": Of(S, "no name"), "a": Of(S, `"quoted\`), "b": Of(N, "1.5"), "c": {Kind: M, Map: map[string]Value{"a": Of(S, "}{")}}, "d": {Kind: L, List: []Value{Of(S, "]"), Of(S, "")}},
		"f": Of(S, "ü\u2028"), "g": {Kind: SS, Set: []string{`\"`, "a"}}, "h": {Kind: NULL, Bool: true},
	}
	left := Item{"z": Of(S, "of another item")}
	for name := range all {
		for _, item := range []Item{all, {name: all[name]}} {
			some, err := ParseSome(left, item.AppendJSON(nil), map[string]bool{name: true, "z": true})
			if err != nil || len(some) != 1 || !Equal(some[name], all[name]) {
				t.Errorf("%q is %v, %v, want %v", name, some, err, all[name])
			}
			want := string(Item{name: all[name]}.AppendJSON([]byte("before ")))
			if got, ok := AppendSome([]byte("before "), item.AppendJSON(nil), map[string]bool{name: true, "z": true}); !ok || string(got) != want {
				t.Errorf("%q is cut out as %s, %v, want %s", name, got, ok, want)
			}
		}
	}
	if some, err := ParseSome(Item{}, all.AppendJSON(nil), nil); err != nil || some["b"].Kind != Invalid {
		t.Errorf("what nobody asked for was read: %v, %v", some, err)
	}
	escaped := Item{`e"\`: Of(S, "a name to escape"), "f": Of(S, "")}
	if some, err := ParseSome(Item{}, escaped.AppendJSON(nil), map[string]bool{`e"\`: true}); err != nil || some[`e"\`].Str != "a name to escape" {
		t.Errorf("a name to escape is %v, %v", some, err)
	}
	if got, ok := AppendSome([]byte("before"), escaped.AppendJSON(nil), map[string]bool{"f": true}); ok || string(got) != "before" {
		t.Errorf("of names to escape, %s was cut out", got)
	}
	if got, ok := AppendSome(nil, all.AppendJSON(nil), map[string]bool{"b": true, "f": true, "h": true}); !ok || string(got) != `{"b":{"N":"1.5"},"f":{"S":"ü "},"h":{"NULL":true}}` {
		t.Errorf("three are cut out as %s", got)
	}
	if some, err := ParseSome(Item{}, Item{}.AppendJSON(nil), map[string]bool{"a": true}); err != nil || len(some) != 0 {
		t.Errorf("an empty item is %v, %v", some, err)
	}
	for _, broken := range []string{`{"a":`, `{"a":{"S":"x"`, `{"a":{"S":"x}`, `{"a"`, `{"a":{"S":5}}`, `{"a":7}`, `{a`} {
		if some, err := ParseSome(Item{}, []byte(broken), map[string]bool{"a": true}); err == nil {
			t.Errorf("%s was read as %v", broken, some)
		}
		if got, ok := AppendSome(nil, []byte(broken), map[string]bool{"b": true}); ok && broken != `{"a":{"S":5}}` {
			t.Errorf("%s was cut to %s", broken, got)
		}
	}
}

// FuzzItem reads any JSON: what is taken must come back as it was, and nothing may panic.
func FuzzItem(f *testing.F) {
	for _, seed := range []string{
		`{"a":{"S":"x"},"b":{"N":"1.50"},"c":{"L":[{"NULL":true},{"BOOL":false}]},"d":{"M":{"k":{"BS":["AQ=="]}}},"e":{"SS":["b","a"]}}`,
		`{"a":{"NS":["1","2"]}}`, `{"a":{"B":"AQ"}}`, `{"a":[]}`, `null`, `{"a":null}`, `{"a":{"S":null}}`, `{"a":{"S":"\ud800"}}`, `{"a":{"M":[]}}`, `{"a":{"L":{}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		item, err := receive(string(text))
		if err != nil {
			return
		}
		for _, v := range item {
			if v.Error() != "" {
				return
			}
		}
		out := item.AppendJSON(nil)
		again, err := ParseItem(out)
		if err != nil {
			t.Fatalf("%s became %s: %v", text, out, err)
		}
		if !Equal(Value{Kind: M, Map: item}, Value{Kind: M, Map: again}) && !bytes.Contains(out, []byte("\ufffd")) {
			t.Fatalf("%s became %s", text, out)
		}
		for name := range again {
			some, err := ParseSome(Item{}, out, map[string]bool{name: true})
			if v, ok := some[name]; err != nil || !ok || !Equal(v, again[name]) {
				t.Fatalf("of %s, %q is read alone as %v, %v", out, name, some, err)
			}
		}
		if item.Size() != again.Size() && !bytes.Contains(out, []byte("\ufffd")) {
			t.Fatalf("%s has size %d, then %d", text, item.Size(), again.Size())
		}
	})
}
