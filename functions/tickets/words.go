package tickets

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// maxWord is how many characters of a word count: what is longer is found by its beginning, and a key stays a key.
const maxWord = 32

// accents are the marks that a search does not care about: of Latin, Greek and Cyrillic letters, and the vowel points of
// Hebrew and Arabic, which are mostly left out in writing. The marks of other scripts make another word.
var accents = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x0300, Hi: 0x036f, Stride: 1},
	{Lo: 0x0591, Hi: 0x05bd, Stride: 1},
	{Lo: 0x05bf, Hi: 0x05bf, Stride: 1},
	{Lo: 0x05c1, Hi: 0x05c2, Stride: 1},
	{Lo: 0x05c4, Hi: 0x05c5, Stride: 1},
	{Lo: 0x05c7, Hi: 0x05c7, Stride: 1},
	{Lo: 0x064b, Hi: 0x065f, Stride: 1},
	{Lo: 0x0670, Hi: 0x0670, Stride: 1},
	{Lo: 0x1ab0, Hi: 0x1aff, Stride: 1},
	{Lo: 0x1dc0, Hi: 0x1dff, Stride: 1},
	{Lo: 0x20d0, Hi: 0x20ff, Stride: 1},
	{Lo: 0xfe20, Hi: 0xfe2f, Stride: 1},
}}

// strokes are letters whose stroke or ligature Unicode does not take apart, as people without the key type them.
var strokes = strings.NewReplacer("ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "æ", "ae", "œ", "oe", "ı", "i", "ħ", "h", "ŧ", "t")

// fold makes texts equal that differ only in case, accents, or the form of a letter (ﬁ, Ｆ).
func fold(s string) string {
	s = norm.NFKD.String(strings.ToValidUTF8(s, "\ufffd")) // behind a broken byte it would leave letters as they are
	s = strings.Map(func(c rune) rune {
		switch {
		case unicode.Is(accents, c):
			return -1
		case unicode.Is(unicode.Cherokee, c):
			return unicode.ToUpper(c) // Fold would make small letters of capitals and capitals of small ones
		}
		return c
	}, s)
	return norm.NFC.String(strokes.Replace(cases.Fold().String(s)))
}

// words are the folded words of a text in their order: runs of letters, digits and the marks on them.
func words(s string) []string {
	found := strings.FieldsFunc(fold(s), func(c rune) bool { return !unicode.In(c, unicode.L, unicode.N, unicode.M) })
	for i, w := range found {
		found[i] = head(w, maxWord)
	}
	return found
}

// head is the first n characters of s.
func head(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
