package form_test

import (
	"net/url"
	"strings"
	"testing"

	"usher.example/knative/stripe/form"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		name, encoded, canonical string
	}{
		{"Empty", "", `{}`},
		{"Text", "a=1&b=two+words%21", `{"a":"1","b":"two words!",}`},
		{"NoValue", "a&b=", `{"a":"","b":"",}`},
		{"Nested", "m[k]=v&m[l][x]=w", `{"m":{"k":"v","l":{"x":"w",},},}`},
		{"EscapedBrackets", "m%5Bk%5D=v", `{"m":{"k":"v",},}`},
		{"Appended", "e[]=a&e[]=b", `{"e":{"0":"a","1":"b",},}`},
		{"Numbered", "e[1]=b&e[0]=a", `{"e":{"0":"a","1":"b",},}`},
		{"NumberedAndAppended", "e[1]=a&e[]=b", `{"e":{"1":"a","1+":"b",},}`},
		{"LastWins", "a=1&a=2", `{"a":"2",}`},
		{"OrderDoesNotMatter", "b=2&a=1", `{"a":"1","b":"2",}`},
		{"StrayAmpersands", "&a=1&&", `{"a":"1",}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			v, err := form.Parse(test.encoded)
			if err != nil {
				t.Fatal(err)
			}
			if got := v.Canonical(); got != test.canonical {
				t.Fatalf("%s; want %s", got, test.canonical)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, test := range []struct{ name, encoded string }{
		{"OpenBracket", "a[b=1"},
		{"ClosedBracket", "a]b=1"},
		{"TextAfterBracket", "a[b]c=1"},
		{"BracketInBracket", "a[b[c]]=1"},
		{"NoName", "=1"},
		{"OnlyBrackets", "[a]=1"},
		{"Escape", "a=%zz"},
		{"EscapeInName", "%zz=a"},
		{"NotUTF8", "a=%ff"},
		{"TextAndHash", "a=1&a[b]=2"},
		{"HashAndText", "a[b]=2&a=1"},
		{"TooDeep", "a" + strings.Repeat("[b]", form.MaxDepth) + "=1"},
		{"TooMany", strings.Repeat("a=1&", form.MaxParameters)},
		{"TooLong", strings.Repeat("a", form.MaxBytes+1)},
	} {
		t.Run(test.name, func(t *testing.T) {
			if v, err := form.Parse(test.encoded); err == nil {
				t.Fatalf("read as %s", v.Canonical())
			}
		})
	}
}

func TestReader(t *testing.T) {
	v, err := form.Parse("n=-7&b=true&w=yes&t=Grüße&list[]=x&list[]=y&m[a]=1&inner[k]=v&none=")
	if err != nil {
		t.Fatal(err)
	}
	r := form.Read(v)
	if n := r.Int("n", 0); n != -7 {
		t.Errorf("n = %d", n)
	}
	if !r.Bool("b", false) || r.Bool("absent", false) {
		t.Error("b was not read")
	}
	if w := r.Word("w", "", "yes", "no"); w != "yes" {
		t.Errorf("w = %q", w)
	}
	if text := r.Text("t", 5); text != "Grüße" {
		t.Errorf("t = %q", text)
	}
	if list := r.Texts("list"); len(list) != 2 || list[1] != "y" {
		t.Errorf("list = %q", list)
	}
	if m := r.Map("m"); len(m) != 1 || m["a"] != "1" {
		t.Errorf("m = %v", m)
	}
	if k := r.Nested("inner").Text("k", 1); k != "v" {
		t.Errorf("k = %q", k)
	}
	if m := r.Map("none"); m == nil || len(m) != 0 {
		t.Errorf("none = %v", m)
	}
	if err := r.Finish(); err != nil {
		t.Errorf("Finish: %v", err)
	}
}

func TestReaderTellsWhatIsWrong(t *testing.T) {
	for _, test := range []struct {
		name, encoded string
		read          func(*form.Reader)
		param         string
	}{
		{"Unknown", "a=1", func(*form.Reader) {}, "a"},
		{"UnknownInside", "a[b]=1", func(r *form.Reader) { r.Nested("a") }, "a[b]"},
		{"Int", "a=x", func(r *form.Reader) { r.Int("a", 0) }, "a"},
		{"IntTooLarge", "a=9223372036854775808", func(r *form.Reader) { r.Int("a", 0) }, "a"},
		{"Bool", "a=1", func(r *form.Reader) { r.Bool("a", false) }, "a"},
		{"Word", "a=x", func(r *form.Reader) { r.Word("a", "", "y") }, "a"},
		{"TooLong", "a=xyz", func(r *form.Reader) { r.Text("a", 2) }, "a"},
		{"HashForText", "a[b]=1", func(r *form.Reader) { r.Text("a", 9) }, "a"},
		{"TextForList", "a=1", func(r *form.Reader) { r.Texts("a") }, "a"},
		{"TextForHash", "a=1", func(r *form.Reader) { r.Map("a") }, "a"},
		{"TextForNested", "a=1", func(r *form.Reader) { r.Nested("a") }, "a"},
		{"WrongInside", "a[b]=x", func(r *form.Reader) { r.Nested("a").Int("b", 0) }, "a[b]"},
		{"Required", "a=", func(r *form.Reader) { r.Text("a", 9); r.Require("a") }, "a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			v, err := form.Parse(test.encoded)
			if err != nil {
				t.Fatal(err)
			}
			r := form.Read(v)
			test.read(r)
			if e := r.Finish(); e == nil || e.Param != test.param || e.Status != 400 {
				t.Fatalf("got %+v", e)
			}
		})
	}
}

// Whatever is sent, the parser neither panics nor reads one request as two
// different ones.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "a=1", "a[b]=1&a[]=2", "a[b][c]=1&a=2", "%5B=%5D", "e[0]=x&e[00]=y", "a[b]c=1", strings.Repeat("a[", 50)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, encoded string) {
		v, err := form.Parse(encoded)
		if err != nil {
			return
		}
		again, err := form.Parse(encode(v, ""))
		if err != nil {
			t.Fatalf("%q was read, and what was read was not: %v", encoded, err)
		}
		if again.Canonical() != v.Canonical() {
			t.Fatalf("%q reads as %s, then as %s", encoded, v.Canonical(), again.Canonical())
		}
		r := form.Read(v)
		for _, name := range v.Names() {
			r.Int(name, 0)
			r.Text(name, 10)
			r.Texts(name)
			r.Map(name)
			r.Nested(name)
		}
		_ = r.Finish() // must not panic
	})
}

// encode writes a value as a client would.
func encode(v *form.Value, prefix string) string {
	var pairs []string
	for _, name := range v.Names() {
		full := name
		if prefix != "" {
			full = prefix + "[" + name + "]"
		}
		if child := v.Fields[name]; child.Fields != nil {
			pairs = append(pairs, encode(child, full))
		} else {
			pairs = append(pairs, url.QueryEscape(full)+"="+url.QueryEscape(child.Text))
		}
	}
	return strings.Join(pairs, "&")
}
