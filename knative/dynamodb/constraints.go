package dynamodb

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// constraints collects what is wrong with a request's members by the API's model alone; DynamoDB tells all of it at once,
// before it looks at anything else.
type constraints struct {
	broken []string
	final  bool // nothing more is told: the table's name, which is checked first, is bad
}

const maxReported = 10 // DynamoDB stops listing there

func (c *constraints) add(value, member, constraint string) {
	if c.final {
		return
	}
	c.broken = append(c.broken, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, member, constraint))
}

// addUnseen adds what DynamoDB tells of some members in its newer words: without the value, by the member's own name.
func (c *constraints) addUnseen(member, constraint string) {
	if !c.final {
		c.broken = append(c.broken, fmt.Sprintf("Value at '%s' failed to satisfy constraint: %s", member, constraint))
	}
}

func (c *constraints) err() error {
	switch n := len(c.broken); n {
	case 0:
		return nil
	case 1:
		return invalid("1 validation error detected: %s", c.broken[0])
	default:
		return invalid("%d validation errors detected: %s", min(n, maxReported), strings.Join(c.broken[:min(n, maxReported)], "; "))
	}
}

func (c *constraints) required(member string, present bool) {
	if !present {
		c.add("null", member, "Member must not be null")
	}
}

func (c *constraints) enum(member string, v *string, allowed ...string) {
	if v != nil && !slices.Contains(allowed, *v) {
		c.add("'"+*v+"'", member, "Member must satisfy enum value set: ["+strings.Join(allowed, ", ")+"]")
	}
}

func (c *constraints) atLeast(member string, v *int, least int) {
	if v != nil && *v < least {
		c.add(fmt.Sprintf("'%d'", *v), member, fmt.Sprintf("Member must have value greater than or equal to %d", least))
	}
}

func (c *constraints) atMost(member string, v *int, most int) {
	if v != nil && *v > most {
		c.add(fmt.Sprintf("'%d'", *v), member, fmt.Sprintf("Member must have value less than or equal to %d", most))
	}
}

func (c *constraints) length(member, v string, least, most int) {
	switch n := utf8.RuneCountInString(v); {
	case n < least:
		c.add("'"+v+"'", member, fmt.Sprintf("Member must have length greater than or equal to %d", least))
	case n > most:
		c.add("'"+v+"'", member, fmt.Sprintf("Member must have length less than or equal to %d", most))
	}
}

const (
	minNameLength = 3
	maxNameLength = 255
)

var (
	namePattern = regexp.MustCompile(`^[a-zA-Z0-9_.-]+$`)
	arnPattern  = regexp.MustCompile(`^arn:aws[a-z-]*:dynamodb:[^:]*:[^:]*:table/([a-zA-Z0-9_.-]+)$`)
)

// tableName checks a table's name or ARN and returns the name.
func (c *constraints) tableName(name *string) string {
	before := len(c.broken)
	table := c.tableNameAt("tableName", name)
	c.final = name != nil && len(c.broken) > before
	return table
}

// tableNameAt is tableName for a name that is a member of something else.
func (c *constraints) tableNameAt(member string, name *string) string {
	if name == nil {
		c.required(member, false)
		return ""
	}
	if m := arnPattern.FindStringSubmatch(*name); m != nil {
		return m[1]
	}
	c.name(member, *name)
	return *name
}

// mapKeys is what the names of tables that are keys of a map have to satisfy.
const mapKeys = "Map keys must satisfy constraint: [Member must have length less than or equal to 255, " +
	"Member must have length greater than or equal to 3, Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]"

// isTableKey tells whether a map's key can be a table's name or ARN.
func isTableKey(key string) bool {
	var c constraints
	return len(c.tableNameAt("", &key)) >= minNameLength && len(c.broken) == 0
}

func (c *constraints) name(member, name string) {
	switch {
	case name == "":
		c.add("''", member, "Member must have length greater than or equal to 1")
	case !namePattern.MatchString(name):
		c.add("'"+name+"'", member, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
	case len(name) > maxNameLength:
		c.add("'"+name+"'", member, fmt.Sprintf("Member must have length less than or equal to %d", maxNameLength))
	}
}

// shortName finds names that pass the model and are still too short.
func shortName(name string) error {
	if len(name) < minNameLength {
		return invalid("Invalid table/index name.  Table/index names must be between 3 and 255 characters long, and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'")
	}
	return nil
}

// reporting are the parameters of most requests that ask for more to be told.
type reporting struct {
	ReturnConsumedCapacity      *string
	ReturnItemCollectionMetrics *string
}

func (r reporting) check(c *constraints) {
	c.enum("returnConsumedCapacity", r.ReturnConsumedCapacity, "INDEXES", "TOTAL", "NONE")
	c.enum("returnItemCollectionMetrics", r.ReturnItemCollectionMetrics, "SIZE", "NONE")
}
