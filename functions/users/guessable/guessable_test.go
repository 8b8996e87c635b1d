package guessable

import (
	"bufio"
	"compress/gzip"
	"strings"
	"testing"
)

func TestPassword(t *testing.T) {
	for password, want := range map[string]bool{
		"password": true, "12345678": true, "PassWord1": true, "iloveyou": true, "qwertyuiop": true,
		"correct horse battery": false, "": false, "zzzzzzzzzzzzzzzzzzzz": false, "passwore": false, "пароль-подлиннее": false,
	} {
		if got, err := Password(password); err != nil || got != want {
			t.Errorf("%q: got %v, %v", password, got, err)
		}
	}
}

// The search ends early, so the order matters; what is shorter than any password may be would be dead weight.
func TestList(t *testing.T) {
	text, err := gzip.NewReader(strings.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	lines, before, n := bufio.NewScanner(text), "", 0
	for ; lines.Scan(); n++ {
		line := lines.Text()
		if line <= before || len(line) < 8 || strings.ToLower(line) != line {
			t.Fatalf("%q after %q", line, before)
		}
		before = line
	}
	if err := lines.Err(); err != nil || n < 10_000 {
		t.Errorf("%d passwords, %v", n, err)
	}
}

func BenchmarkPassword(b *testing.B) {
	for b.Loop() {
		if _, err := Password("zzzzzzzzzzzzzzzzzzzz"); err != nil {
			b.Fatal(err)
		}
	}
}
