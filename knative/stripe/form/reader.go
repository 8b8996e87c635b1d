package form

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"usher.example/knative/stripe/apierror"
)

// Reader takes typed parameters out of a Value and remembers what it took: what is
// left over at the end is unknown, which Stripe refuses.
//
// The first wrong value is kept; the readers then go on with zero values, so a
// caller reads everything and asks Finish once.
type Reader struct {
	value  *Value
	prefix string // of nested parameters, such as card in card[number]
	taken  map[string]bool
	nested []*Reader
	err    *apierror.Error
}

// Read starts reading a value.
func Read(v *Value) *Reader { return &Reader{value: v, taken: map[string]bool{}} }

func (r *Reader) name(key string) string {
	if r.prefix == "" {
		return key
	}
	return r.prefix + "[" + key + "]"
}

func (r *Reader) fail(err *apierror.Error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *Reader) take(key string) *Value {
	r.taken[key] = true
	return r.value.Fields[key]
}

// Has tells whether the parameter was sent, be it empty.
func (r *Reader) Has(key string) bool { return r.value.Fields[key] != nil }

// Hash tells whether the parameter was sent with brackets.
func (r *Reader) Hash(key string) bool {
	v := r.value.Fields[key]
	return v != nil && v.Fields != nil
}

// Text reads a text of at most max characters; "" when absent.
func (r *Reader) Text(key string, max int) string {
	v := r.take(key)
	if v == nil {
		return ""
	}
	if v.Fields != nil {
		r.fail(apierror.Invalid("", r.name(key), "Invalid string: %s must be a text, not a hash or list", r.name(key)))
		return ""
	}
	if utf8.RuneCountInString(v.Text) > max {
		r.fail(apierror.Invalid("", r.name(key), "Invalid string: %s must be at most %d characters", r.name(key), max))
		return ""
	}
	return v.Text
}

// Word reads one of the words allowed; absent when not sent.
func (r *Reader) Word(key, absent string, allowed ...string) string {
	if !r.Has(key) {
		r.taken[key] = true
		return absent
	}
	text := r.Text(key, 255)
	if !slices.Contains(allowed, text) {
		r.fail(apierror.Invalid("", r.name(key), "Invalid %s: must be one of %s", r.name(key), strings.Join(allowed, ", ")))
	}
	return text
}

// Int reads a whole number; absent when not sent.
func (r *Reader) Int(key string, absent int64) int64 {
	if !r.Has(key) {
		r.taken[key] = true
		return absent
	}
	text := r.Text(key, 32)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n == math.MinInt64 {
		r.fail(apierror.Invalid(apierror.CodeParameterInvalidInteger, r.name(key), "Invalid integer: %s", text))
		return absent
	}
	return n
}

// Bool reads true or false; absent when not sent.
func (r *Reader) Bool(key string, absent bool) bool {
	if !r.Has(key) {
		r.taken[key] = true
		return absent
	}
	switch text := r.Text(key, 16); text {
	case "true":
		return true
	case "false":
		return false
	default:
		r.fail(apierror.Invalid("", r.name(key), "Invalid boolean: %s", text))
		return absent
	}
}

// Texts reads a list of texts.
func (r *Reader) Texts(key string) []string {
	v := r.take(key)
	if v == nil {
		return nil
	}
	if v.Fields == nil {
		r.fail(apierror.Invalid("", r.name(key), "Invalid array: %s must be sent as %s[]", r.name(key), r.name(key)))
		return nil
	}
	var texts []string
	for _, item := range v.Items() {
		if item.Fields != nil {
			r.fail(apierror.Invalid("", r.name(key), "Invalid array: %s must hold texts only", r.name(key)))
			return nil
		}
		texts = append(texts, item.Text)
	}
	return texts
}

// Map reads a flat hash, such as metadata. A hash sent as an empty text is empty;
// absent gives nil.
func (r *Reader) Map(key string) map[string]string {
	v := r.take(key)
	if v == nil {
		return nil
	}
	if v.Fields == nil {
		if v.Text != "" {
			r.fail(apierror.Invalid("", r.name(key), "Invalid hash: %s must be sent as %s[key]", r.name(key), r.name(key)))
		}
		return map[string]string{}
	}
	texts := make(map[string]string, len(v.Fields))
	for _, name := range v.order {
		if v.Fields[name].Fields != nil {
			r.fail(apierror.Invalid("", r.name(key), "Invalid hash: %s must hold texts only", r.name(key)))
			return nil
		}
		texts[name] = v.Fields[name].Text
	}
	return texts
}

// Nested reads the parameters inside a hash; empty when absent.
func (r *Reader) Nested(key string) *Reader {
	v := r.take(key)
	if v == nil {
		v = newFields()
	}
	if v.Fields == nil {
		if v.Text != "" {
			r.fail(apierror.Invalid("", r.name(key), "Invalid hash: %s must be sent as %s[key]", r.name(key), r.name(key)))
		}
		v = newFields()
	}
	inner := &Reader{value: v, prefix: r.name(key), taken: map[string]bool{}}
	r.nested = append(r.nested, inner)
	return inner
}

// Require records that a parameter is missing or blank.
func (r *Reader) Require(key string) {
	if v := r.value.Fields[key]; v == nil || (v.Fields == nil && strings.TrimSpace(v.Text) == "") {
		r.fail(apierror.Missing(r.name(key)))
	}
}

// Refuse records that a value cannot be used.
func (r *Reader) Refuse(err *apierror.Error) { r.fail(err) }

// Finish returns what is wrong with the parameters: those never asked for first,
// since a misspelt name explains a missing one; nil when all is well.
func (r *Reader) Finish() *apierror.Error {
	if unknown := r.unknown(); len(unknown) == 1 {
		return apierror.Invalid(apierror.CodeParameterUnknown, unknown[0], "Received unknown parameter: %s", unknown[0])
	} else if len(unknown) > 1 {
		return apierror.Invalid(apierror.CodeParameterUnknown, unknown[0], "Received unknown parameters: %s", strings.Join(unknown, ", "))
	}
	return r.first()
}

func (r *Reader) unknown() []string {
	var names []string
	for _, key := range r.value.order {
		if !r.taken[key] {
			names = append(names, r.name(key))
		}
	}
	for _, inner := range r.nested {
		names = append(names, inner.unknown()...)
	}
	return names
}

func (r *Reader) first() *apierror.Error {
	if r.err != nil {
		return r.err
	}
	for _, inner := range r.nested {
		if err := inner.first(); err != nil {
			return err
		}
	}
	return nil
}
