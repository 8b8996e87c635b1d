package apifuzz

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxDepth bounds how deep values nest that follow a schema.
const maxDepth = 6

// literal is JSON as it is written, also where it is none.
type literal string

// hostile are values that stand where another was expected.
var hostile = []literal{
	`null`, `true`, `0`, `-1`, `1.5`, `-0`, `1e400`, `1e-400`, `9223372036854775807`, `9223372036854775808`, `-9223372036854775809`, `0.1e1`, `00`, `+1`, `.5`, `NaN`,
	`123456789012345678901234567890.123456789`, `""`, `" "`, `"\u0000"`, `"\ud800"`, `"\udfff\ud800"`, `"\ufeff"`, `"\u202e\u2066x"`, `"🎟️👩‍👩‍👧"`, `"İstanbul ﬃ ß"`, `"a\u0301\u0301\u0301"`,
	"\"\xff\xfe\"", "\"\xc0\xaf\"", `"{{ticket}}"`, `"{{order}}"`, `"../../etc/passwd"`, `"<script>alert(1)</script>"`, `"' OR 1=1 --"`, `"${jndi:ldap://x}"`, `"%s%n%x"`,
	`"ticket#x"`, `"user#"`, `[]`, `{}`, `[null]`, `[[[[[[[[[[]]]]]]]]]]`, `{"a":{"a":{"a":{"a":{}}}}}`, `{"__proto__":{"role":"operator"}}`, `{"S":"x"}`, `{"amount":-1,"currency":"USD"}`,
	`{"amount":1e3,"currency":"usd"}`, `{"amount":9223372036854775807,"currency":"JPY"}`, `{"amount":1,"currency":"ZZZ"}`, `"0001-01-01T00:00:00Z"`, `"9999-12-31T23:59:59.999999999+23:59"`, `"2026-02-30T25:61:61Z"`,
	`"00000000-0000-0000-0000-000000000000"`, `"FFFFFFFF-FFFF-7FFF-BFFF-FFFFFFFFFFFF"`, `"pm_card_chargeDeclined"`, `"pm_card_authenticationRequired"`, `"pm_nothing"`, `"1,000.00"`, `"0x10"`, `"1e2"`, `"٤٢"`,
}

// surprise is a hostile value; some are too large to be written down.
func surprise(r *rand.Rand) literal {
	switch r.IntN(20) {
	case 0:
		return literal(`"` + strings.Repeat("x", 1<<r.IntN(19)) + `"`)
	case 1:
		return literal(`"` + strings.Repeat("ß", 1<<r.IntN(12)) + `"`)
	case 2:
		n := 1 << r.IntN(15)
		return literal(strings.Repeat("[", n) + strings.Repeat("]", n))
	case 3:
		n := 1 << r.IntN(12)
		return literal(strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n))
	case 4:
		return literal(strings.Repeat("9", 1+r.IntN(400)))
	}
	return hostile[r.IntN(len(hostile))]
}

// value makes JSON of a schema. With wrong it is, here and there, of something else.
func (g *Generator) value(name string, s *schema, wrong bool, depth int) literal {
	if wrong && g.chance(0.15) {
		return surprise(g.r)
	}
	if s == nil {
		return `{}`
	}
	if s.Ref != "" {
		return g.value(name, g.d.components.Schemas[last(s.Ref)], wrong, depth)
	}
	if known := placeholder(name, g.path); known != "" && g.chance(0.8) {
		return quote(known)
	}
	switch {
	case depth > maxDepth:
		return `null`
	case s.Const != nil:
		return encode(s.Const)
	case len(s.Enum) > 0:
		return encode(s.Enum[g.r.IntN(len(s.Enum))])
	case len(s.OneOf) > 0:
		return g.value(name, s.OneOf[g.r.IntN(len(s.OneOf))], wrong, depth+1)
	case len(s.AnyOf) > 0:
		return g.value(name, s.AnyOf[g.r.IntN(len(s.AnyOf))], wrong, depth+1)
	}
	switch kindOf(g.r, s) {
	case "object":
		return g.object(s, wrong, depth)
	case "array":
		var items []string
		for range g.r.IntN(4) {
			items = append(items, string(g.value(name, s.Items, wrong, depth+1)))
		}
		return literal("[" + strings.Join(items, ",") + "]")
	case "integer":
		return literal(strconv.FormatInt(int64(g.between(s)), 10))
	case "number":
		return literal(strconv.FormatFloat(g.between(s), 'f', g.r.IntN(4), 64))
	case "boolean":
		return encode(g.chance(0.5))
	case "null":
		return `null`
	}
	return quote(g.text(name, s))
}

func kindOf(r *rand.Rand, s *schema) string {
	switch t := s.Type.(type) {
	case string:
		return t
	case []any:
		if len(t) > 0 {
			return fmt.Sprint(t[r.IntN(len(t))])
		}
	}
	if s.Properties != nil {
		return "object"
	}
	return "string"
}

func (g *Generator) object(s *schema, wrong bool, depth int) literal {
	var members []string
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if !slices.Contains(s.Required, name) && g.chance(0.5) || wrong && g.chance(0.05) {
			continue
		}
		v := g.value(name, s.Properties[name], wrong, depth+1)
		if wrong && g.chance(0.03) {
			name = strings.ToUpper(name)
		}
		members = append(members, string(quote(name))+":"+string(v))
		if wrong && g.chance(0.03) { // the same again, with something else
			members = append(members, string(quote(name))+":"+string(surprise(g.r)))
		}
	}
	if wrong && g.chance(0.1) {
		unknown := []string{"seller_id", "id", "role", "version", "", "__proto__", "unpublished", "pk", "\x00", "ticketId", "a.b"}
		members = append(members, string(quote(unknown[g.r.IntN(len(unknown))]))+":"+string(surprise(g.r)))
	}
	g.r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	return literal("{" + strings.Join(members, ",") + "}")
}

// between is a number in the bounds of a schema, often one of the bounds.
func (g *Generator) between(s *schema) float64 {
	low, high := 0.0, 100_000.0
	if s.Minimum != nil {
		low = *s.Minimum
		high = max(high, low)
	}
	if s.Maximum != nil {
		high = *s.Maximum
	}
	switch g.r.IntN(5) {
	case 0:
		return low
	case 1:
		return high
	}
	return low + float64(g.r.Int64N(int64(high-low)+1))
}

// text is a string of a schema's format and length.
func (g *Generator) text(name string, s *schema) string {
	switch {
	case s.Format == "uuid":
		return unknownID
	case s.Format == "date-time":
		return time.Unix(g.r.Int64N(1<<33), 0).UTC().Format(time.RFC3339)
	case s.Format == "email" || name == "email":
		return fmt.Sprintf("fuzz-%d@example.com", g.r.Int64N(1<<40))
	case name == "password":
		return "correct horse battery"
	case name == "time_zone":
		return []string{"Europe/Brussels", "UTC", "America/New_York"}[g.r.IntN(3)]
	case name == "currency":
		return []string{"USD", "EUR", "JPY", "KWD"}[g.r.IntN(4)]
	case name == "price" || name == "face_value" || strings.HasPrefix(s.Pattern, `^[0-9]`) || strings.HasPrefix(s.Pattern, `^\d`):
		return fmt.Sprintf("%d.%02d", g.r.IntN(1000), g.r.IntN(100))
	case name == "payment_method":
		return []string{"pm_card_visa", "pm_card_chargeDeclined", "pm_card_authenticationRequired"}[g.r.IntN(3)]
	}
	low, high := 1, 40
	if s.MinLength != nil {
		low = *s.MinLength
		high = max(high, low)
	}
	if s.MaxLength != nil {
		high = *s.MaxLength
	}
	letters := []rune("abc XYZ09-_äß漢🎟'\"\\/")
	n := low + g.r.IntN(high-low+1)
	out := make([]rune, n)
	for i := range out {
		out[i] = letters[g.r.IntN(len(letters))]
	}
	return string(out)
}

// unknownID is well-formed, and nothing has it.
const unknownID = "01890000-0000-7000-8000-000000000000"

// placeholder is what stands for something that exists, for a field of this name; empty where there is nothing of the kind.
func placeholder(name, path string) string {
	switch {
	case name == "ticket_id", name == "id" && strings.HasPrefix(path, "/api/tickets"):
		return "{{ticket}}"
	case name == "order_id", name == "id" && strings.HasPrefix(path, "/api/orders"):
		return "{{order}}"
	case name == "code" && strings.HasSuffix(path, "/verify"):
		return "{{code}}"
	case name == "token":
		return "{{token}}"
	case name == "cursor":
		return "{{cursor}}"
	case name == "If-Match", name == "If-None-Match":
		return "{{etag}}"
	}
	return ""
}

func quote(s string) literal { return encode(s) }

func encode(v any) literal {
	content, err := json.Marshal(v)
	if err != nil { // only of values that were read from JSON
		panic(err)
	}
	return literal(content)
}
