package value

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// MaxDepth is how many levels of values DynamoDB nests: an attribute is the first, what is in its list or map the second.
const MaxDepth = 32

// What DynamoDB says of attributes that it does not take whatever their value.
const (
	tooDeep = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
	noName  = "Empty attribute name"
)

// TypeError says that a JSON value has the wrong type for its place: a SerializationException.
type TypeError struct{ Message string }

func (e *TypeError) Error() string { return e.Message }

// WrongType describes a JSON value of a kind that cannot be a want (a Java class name, as DynamoDB says it).
func WrongType(kind jsontext.Kind, want string) error {
	names := map[jsontext.Kind]string{'t': "TRUE_VALUE", 'f': "FALSE_VALUE", '0': "NUMBER_VALUE", '"': "STRING_VALUE"}
	if name, ok := names[kind]; ok {
		return &TypeError{name + " cannot be converted to " + want}
	}
	if kind == '[' {
		return &TypeError{"Unrecognized collection type class java.lang." + want}
	}
	return &TypeError{"Start of structure or map found where not expected"}
}

// UnmarshalJSONFrom reads the wire form, {"S":"text"}. A value that breaks a rule of DynamoDB's becomes Invalid; only
// broken JSON and wrong JSON types are errors.
func (v *Value) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	var err error
	*v, err = decode(dec, 0)
	return err
}

// UnmarshalJSONFrom reads an item in wire form.
func (item *Item) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() == 'n' {
		return dec.SkipValue()
	}
	m, err := decodeMap(dec, 0)
	*item = m
	return err
}

// unlimited is a depth for what was checked before it was stored: no limit is reached from there.
const unlimited = math.MinInt32

// ParseItem reads an item that AppendJSON wrote.
func ParseItem(text []byte) (Item, error) {
	return decodeMap(newStoredDecoder(text), unlimited)
}

// newStoredDecoder trusts what was checked before it was stored.
func newStoredDecoder(text []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// TooDeep is DynamoDB's message if the item nests values deeper than it takes, and "" otherwise.
func (item Item) TooDeep() string {
	for _, v := range item {
		if v.deeperThan(MaxDepth - 1) {
			return tooDeep
		}
	}
	return ""
}

// deeperThan tells whether there is something in more than so many lists and maps.
func (v Value) deeperThan(levels int) bool {
	if levels == 0 {
		return len(v.List)+len(v.Map) > 0
	}
	for _, m := range v.List {
		if m.deeperThan(levels - 1) {
			return true
		}
	}
	for _, m := range v.Map {
		if m.deeperThan(levels - 1) {
			return true
		}
	}
	return false
}

func invalid(format string, args ...any) Value {
	return Value{Kind: Invalid, Str: fmt.Sprintf(format, args...)}
}

// decode reads one value; depth counts the lists and maps around it.
func decode(dec *jsontext.Decoder, depth int) (Value, error) {
	if depth >= MaxDepth {
		return invalid(tooDeep), dec.SkipValue()
	}
	v := invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	if kind := dec.PeekKind(); kind == 'n' {
		return v, dec.SkipValue()
	} else if kind != '{' {
		return v, openError(dec, kind)
	}
	if _, err := dec.ReadToken(); err != nil {
		return v, err
	}
	for n := 0; dec.PeekKind() != '}'; {
		token, err := dec.ReadToken()
		if err != nil {
			return v, err
		}
		kind, known := KindOf(token.String())
		if !known || dec.PeekKind() == 'n' {
			if err := dec.SkipValue(); err != nil {
				return v, err
			}
			continue
		}
		x, err := decodeAs(dec, kind, depth)
		if err != nil {
			return v, err
		}
		if n++; n == 1 {
			v = x
		} else {
			v = invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
		}
	}
	_, err := dec.ReadToken()
	return v, err
}

// openError tells a wrong type from broken JSON, which PeekKind both leaves unread.
func openError(dec *jsontext.Decoder, kind jsontext.Kind) error {
	if kind == jsontext.KindInvalid || kind == '}' || kind == ']' {
		_, err := dec.ReadToken()
		return err
	}
	if kind == '[' {
		return &TypeError{"Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"}
	}
	return &TypeError{"Unexpected value type in payload"}
}

func decodeAs(dec *jsontext.Decoder, kind Kind, depth int) (Value, error) {
	switch kind {
	case S:
		s, err := readString(dec)
		return Of(S, s), err
	case N:
		s, err := readString(dec)
		return number(s), err
	case B:
		b, err := readBytes(dec)
		return Of(B, b), err
	case BOOL:
		b, err := readBool(dec)
		return Value{Kind: BOOL, Bool: b}, err
	case NULL:
		b, err := readBool(dec)
		if err == nil && !b {
			return invalid("One or more parameter values were invalid: Null attribute value types must have the value of true"), nil
		}
		return Value{Kind: NULL, Bool: b}, err
	case M:
		m, err := decodeMap(dec, depth+1)
		return container(Value{Kind: M, Map: m}, maps.Values(m)), err
	case L:
		return decodeList(dec, depth+1)
	default:
		return decodeSet(dec, kind)
	}
}

func number(s string) Value {
	canonical, problem := ParseNumber(s)
	if problem != "" {
		return invalid("%s", problem)
	}
	return Of(N, canonical)
}

// container takes over the first broken rule of its members.
func container(v Value, members func(func(Value) bool)) Value {
	for m := range members {
		if m.Kind == Invalid {
			return m
		}
	}
	return v
}

func decodeMap(dec *jsontext.Decoder, depth int) (map[string]Value, error) {
	if kind := dec.PeekKind(); kind != '{' {
		if kind == jsontext.KindInvalid {
			_, err := dec.ReadToken()
			return nil, err
		}
		return nil, WrongType(kind, "Map")
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	m := map[string]Value{}
	for dec.PeekKind() != '}' {
		token, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		name := token.String()
		if m[name], err = decode(dec, depth); err != nil {
			return nil, err
		}
		if name == "" && depth == 0 {
			m[name] = invalid(noName)
		}
	}
	_, err := dec.ReadToken()
	return m, err
}

func decodeList(dec *jsontext.Decoder, depth int) (Value, error) {
	v := Value{Kind: L, List: []Value{}}
	err := readArray(dec, func() error {
		x, err := decode(dec, depth)
		v.List = append(v.List, x)
		return err
	})
	return container(v, slices.Values(v.List)), err
}

func readArray(dec *jsontext.Decoder, element func() error) error {
	if kind := dec.PeekKind(); kind != '[' {
		if kind == jsontext.KindInvalid {
			_, err := dec.ReadToken()
			return err
		}
		return WrongType(kind, "List")
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != ']' {
		if err := element(); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

func decodeSet(dec *jsontext.Decoder, kind Kind) (Value, error) {
	var members, sent []string
	problem := ""
	err := readArray(dec, func() error {
		read := readString
		if kind == BS {
			read = readBytes
		}
		s, err := read(dec)
		sent = append(sent, s)
		if kind == NS && problem == "" {
			s, problem = ParseNumber(s)
		}
		members = append(members, s)
		return err
	})
	switch {
	case err != nil:
		return Value{}, err
	case problem != "":
		return invalid("%s", problem), nil
	case len(members) == 0:
		what := map[Kind]string{SS: "An string set  may not be empty", NS: "An number set  may not be empty", BS: "Binary sets should not be empty"}
		return invalid("One or more parameter values were invalid: %s", what[kind]), nil
	}
	v := newSet(kind, members)
	if len(slices.Compact(slices.Clone(v.Set))) == len(v.Set) {
		return v, nil
	}
	return duplicates(kind, sent), nil
}

func duplicates(kind Kind, sent []string) Value {
	const prefix = "One or more parameter values were invalid: Input collection "
	switch kind {
	case NS:
		return invalid("Input collection contains duplicates")
	case BS:
		for i, s := range sent {
			sent[i] = base64.StdEncoding.EncodeToString([]byte(s))
		}
		return invalid(prefix+"[%s]of type BS contains duplicates.", strings.Join(sent, ", "))
	default:
		return invalid(prefix+"[%s] contains duplicates.", strings.Join(sent, ", "))
	}
}

func readString(dec *jsontext.Decoder) (string, error) {
	if kind := dec.PeekKind(); kind != '"' && kind != jsontext.KindInvalid {
		return "", WrongType(kind, "String")
	}
	token, err := dec.ReadToken()
	if err != nil {
		return "", err
	}
	return token.String(), nil
}

func readBytes(dec *jsontext.Decoder) (string, error) {
	s, err := readString(dec)
	if err != nil {
		return "", err
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return "", &TypeError{"Base64 encoded value is not valid: " + s}
	}
	return string(b), nil
}

func readBool(dec *jsontext.Decoder) (bool, error) {
	switch kind := dec.PeekKind(); kind {
	case 't', 'f', jsontext.KindInvalid:
		token, err := dec.ReadToken()
		if err != nil {
			return false, err
		}
		return token.Bool(), nil
	default:
		return false, WrongType(kind, "Boolean")
	}
}
