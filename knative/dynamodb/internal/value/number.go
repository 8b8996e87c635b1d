package value

import (
	"cmp"
	"math/big"
	"strconv"
	"strings"
)

// DynamoDB's numbers: 38 significant digits, from 1E-130 to 9.99…E+125 in magnitude.
const (
	maxDigits   = 38
	maxExponent = 126  // of 0.d1d2… × 10^e: 9.99…E+125 has e = 126
	minExponent = -129 // 1E-130 is 0.1 × 10^-129
	// maxNumberText bounds what is worth reading at all: a number in plain notation has at most some 300 characters.
	maxNumberText = 4096
)

// What DynamoDB says of numbers it does not take.
const (
	notANumber  = "The parameter cannot be converted to a numeric value"
	tooPrecise  = "Attempting to store more than 38 significant digits in a Number"
	tooBig      = "Number overflow. Attempting to store a number with magnitude larger than supported range"
	tooSmall    = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
	plainDigits = 18 // integers up to this length are canonical as they are, unless they begin with 0
)

// decimal is ± 0.digits × 10^exp, the digits without zeros at either end; zero has none, and the exponent
// it was written with, which DynamoDB holds to the range too.
type decimal struct {
	neg    bool
	digits string
	exp    int
}

// ParseNumber brings a number to its one canonical text: plain notation, no superfluous zeros. The second result is
// DynamoDB's message where it is no number or outside the range.
func ParseNumber(s string) (canonical, problem string) {
	if isPlainInteger(s) {
		return s, ""
	}
	d, ok := parseDecimal(s)
	if !ok {
		if s == "" {
			return "", notANumber
		}
		return "", notANumber + ": " + s
	}
	if problem := d.check(); problem != "" {
		return "", problem
	}
	return d.String(), ""
}

func isPlainInteger(s string) bool {
	if len(s) == 0 || len(s) > plainDigits || s[0] == '0' {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func parseDecimal(s string) (decimal, bool) {
	var d decimal
	if len(s) > maxNumberText {
		return d, false
	}
	if s != "" && (s[0] == '-' || s[0] == '+') {
		d.neg, s = s[0] == '-', s[1:]
	}
	mantissa, exponent, scientific := cutExponent(s)
	if scientific {
		e, ok := parseExponent(exponent)
		if !ok {
			return d, false
		}
		d.exp = e
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" {
		return d, false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return d, false
		}
	}
	return normalise(d.neg, digits, d.exp+len(whole)), true
}

// normalise takes the zeros off both ends of 0.digits × 10^exp.
func normalise(neg bool, digits string, exp int) decimal {
	trimmed := strings.TrimLeft(digits, "0")
	exp -= len(digits) - len(trimmed)
	trimmed = strings.TrimRight(trimmed, "0")
	if trimmed == "" {
		return decimal{exp: exp + 1}
	}
	return decimal{neg: neg, digits: trimmed, exp: exp}
}

func cutExponent(s string) (mantissa, exponent string, found bool) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// parseExponent reads a signed integer of 64 bits, as DynamoDB does; far beyond any range it stays where it is, to be told
// as over- or underflow.
func parseExponent(s string) (int, bool) {
	e, err := strconv.ParseInt(s, 10, 64)
	const far = 1 << 20
	return int(min(max(e, -far), far)), err == nil
}

func (d decimal) check() string {
	switch {
	case len(d.digits) > maxDigits:
		return tooPrecise
	case d.exp > maxExponent:
		return tooBig
	case d.exp < minExponent:
		return tooSmall
	}
	return ""
}

// String is plain notation; call it only on checked numbers, whose length is bounded.
func (d decimal) String() string {
	if d.digits == "" {
		return "0"
	}
	var b strings.Builder
	if d.neg {
		b.WriteByte('-')
	}
	switch {
	case d.exp <= 0:
		b.WriteString("0." + strings.Repeat("0", -d.exp) + d.digits)
	case d.exp >= len(d.digits):
		b.WriteString(d.digits + strings.Repeat("0", d.exp-len(d.digits)))
	default:
		b.WriteString(d.digits[:d.exp] + "." + d.digits[d.exp:])
	}
	return b.String()
}

// parseCanonical reads what ParseNumber wrote.
func parseCanonical(s string) decimal {
	d, _ := parseDecimal(s)
	return d
}

func (d decimal) compare(o decimal) int {
	if order := cmp.Compare(d.sign(), o.sign()); order != 0 {
		return order
	}
	// Left-aligned fractions compare as text.
	order := cmp.Or(cmp.Compare(d.exp, o.exp), strings.Compare(d.digits, o.digits))
	if d.neg {
		return -order
	}
	return order
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.neg:
		return -1
	default:
		return 1
	}
}

// Add returns a + b (or a − b) of two canonical numbers, or DynamoDB's message when the result does not fit.
func Add(a, b string, subtract bool) (sum, problem string) {
	x, y := parseCanonical(a), parseCanonical(b)
	if subtract {
		y.neg = !y.neg
	}
	// Both as integers × 10^low; the range of exponents bounds their length to some 300 digits.
	low := min(x.exp-len(x.digits), y.exp-len(y.digits))
	total := new(big.Int).Add(x.integer(low), y.integer(low))
	if total.Sign() == 0 {
		return "0", ""
	}
	text := new(big.Int).Abs(total).String()
	d := normalise(total.Sign() < 0, text, low+len(text))
	if problem := d.check(); problem != "" {
		return "", problem
	}
	return d.String(), ""
}

func (d decimal) integer(low int) *big.Int {
	n := new(big.Int)
	if d.digits == "" {
		return n
	}
	n.SetString(d.digits+strings.Repeat("0", d.exp-len(d.digits)-low), 10)
	if d.neg {
		n.Neg(n)
	}
	return n
}
