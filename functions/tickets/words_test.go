package tickets

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestWords(t *testing.T) {
	for in, want := range map[string]string{
		"":                                "",
		" \t—!?":                          "",
		"Front row":                       "front row",
		"Zauberflöte":                     "zauberflote",
		"ZAUBERFLÖTE":                     "zauberflote",
		"Zauberflo\u0308te":               "zauberflote", // the same in two characters
		"Straße":                          "strasse",
		"STRASSE":                         "strasse",
		"İstanbul ıstanbul":               "istanbul istanbul",
		"Łódź København Ålesund":          "lodz kobenhavn alesund",
		"Œuvre Ægir Þór":                  "oeuvre aegir thor",
		"ﬁnale ＦＵＬＬ ①":                    "finale full 1",
		"L'Opéra, AC/DC & «Don Giovanni»": "l opera ac dc don giovanni",
		"Section 12-B":                    "section 12 b",
		"Чайковский Чайковскии": "чаиковскии чаиковскии",
		"Ωδείο":                  "ωδειο",
		"東京ドーム 2階":               "東京ドーム 2階",
		"हिन्दी":                 "हिन्दी",
		"שָׁלוֹם":                "שלום",
		"a\x00b\u202ec":          "a b c",
		"\xff":                   "",
		"ꮒ Ꮒ":                    "ꮒ ꮒ",
		"🎸rock🎸":                 "rock",
		strings.Repeat("é", 40):  strings.Repeat("e", 32),
		"\u0301\u0301 x":         "x",
		"pipe|hash#tilde~colon:": "pipe hash tilde colon",
	} {
		t.Run(in, func(t *testing.T) {
			if got := strings.Join(words(in), " "); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// Folding again changes nothing, whatever the letter.
func TestFoldIsStable(t *testing.T) {
	for c := range unicode.MaxRune {
		if once := fold(string(c)); fold(once) != once {
			t.Errorf("%U %q becomes %q, and that %q", c, c, once, fold(once))
		}
	}
}

// A word is made of what a key can hold, is not longer than it may be, and stays the same when it is folded again.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"Zauberflöte", "İ", "ß#|~", "ﷺ", "\u1e9e\u0345", "각", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, w := range words(s) {
			if w == "" || len([]rune(w)) > maxWord || strings.ContainsFunc(w, func(c rune) bool { return !unicode.In(c, unicode.L, unicode.N, unicode.M) }) {
				t.Errorf("%q has the word %q", s, w)
			}
			if again := words(w); len([]rune(w)) < maxWord && !slices.Equal(again, []string{w}) {
				t.Errorf("%q becomes %q", w, again)
			}
		}
	})
}

func TestHead(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{{"", 3, ""}, {"ab", 3, "ab"}, {"abc", 3, "abc"}, {"äöü", 2, "äö"}, {"abc", 0, ""}} {
		if got := head(c.in, c.n); got != c.want {
			t.Errorf("%d of %q: %q", c.n, c.in, got)
		}
	}
}
