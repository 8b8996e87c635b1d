package console

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"unicode"
)

func TestLine(t *testing.T) {
	for _, tt := range []struct{ name, line, want string }{
		{"Plain", "hello", "fn                    hello\n"},
		{"JSON", `{"time":"2026-01-01T00:00:00Z","level":"INFO","msg":"handled","function":"fn","ms":1.5,"what":"a b","empty":""}`,
			"fn                    INFO  handled ms=1.5 what=\"a b\" empty=\"\"\n"},
		{"NestedJSON", `{"level":"ERROR","msg":"m","error":{"a":[1,2]}}`, "fn                    ERROR m error=\"{\\\"a\\\":[1,2]}\"\n"},
		{"OtherJSON", `{"a":1}`, "fn                    {\"a\":1}\n"},
		{"BrokenJSON", `{"level":"INFO","msg":`, "fn                    {\"level\":\"INFO\",\"msg\":\n"},
		{"ControlCharacters", `{"level":"INFO","msg":"a\nb","c":"\u001b[2J"}`, "fn                    INFO  \"a\\nb\" c=\"\\x1b[2J\"\n"},
		{"TwoValues", `{"level":"INFO","msg":"m"} {}`, "fn                    {\"level\":\"INFO\",\"msg\":\"m\"} {}\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			Plain(&out).Line("fn", tt.line)
			if out.String() != tt.want {
				t.Errorf("got  %q\nwant %q", out.String(), tt.want)
			}
		})
	}
	t.Run("LongNamesStayWhole", func(t *testing.T) {
		var out bytes.Buffer
		Plain(&out).Line("a-very-long-name-of-a-function", "x")
		if want := "a-very-long-name-of-a-function  x\n"; out.String() != want {
			t.Errorf("got %q, want %q", out.String(), want)
		}
	})
	t.Run("NoColourInAFile", func(t *testing.T) {
		f, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		New(f, func(string) string { return "" }).Fail("no")
		text, err := os.ReadFile(f.Name())
		if err != nil || bytes.Contains(text, []byte("\x1b")) || !bytes.Contains(text, []byte("no\n")) {
			t.Errorf("%q, %v", text, err)
		}
	})
}

func FuzzPretty(f *testing.F) {
	for _, s := range []string{"", "{", "{}", `{"level":"INFO","msg":"x","a":{"b":[1,null]}}`, `{"level":1,"msg":"\n","\n":"\r"}`, `{"msg":"x","level":"y"}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got := pretty(line)
		if got != line && strings.ContainsFunc(got, unicode.IsControl) {
			t.Errorf("%q became %q", line, got)
		}
	})
}
