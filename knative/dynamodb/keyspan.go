package dynamodb

import (
	"usher.example/knative/dynamodb/internal/expression"
	"usher.example/knative/dynamodb/internal/value"
)

// keySpan finds the stretch of a space that key conditions ask for: each hash attribute must equal something, and so must
// the sort attributes from the first on, of which the last one named may have another condition.
func keySpan(k key, conditions []expression.KeyCondition) (span, error) {
	if has := len(k.elements()); len(conditions) > has {
		return span{}, invalid("The number of query conditions (%d) exceeds the number of key attributes defined in the schema (%d)", len(conditions), has)
	}
	byName := map[string]*expression.KeyCondition{}
	for i, c := range conditions {
		byName[c.Name] = &conditions[i]
	}
	var hash, equal []value.Value
	for _, e := range k.hash {
		c := byName[e.name]
		if c == nil {
			return span{}, invalid("Query condition missed key schema element: %s", e.name)
		}
		if c.Op != "=" {
			return span{}, invalid("Query key condition not supported")
		}
		if err := checkOperands(e, c); err != nil {
			return span{}, err
		}
		if v := c.Args[0]; v.Kind != value.N && v.Str == "" {
			return span{}, invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", longKind(v.Kind), e.name)
		}
		hash = append(hash, c.Args[0])
		delete(byName, e.name)
	}
	var last *expression.KeyCondition // the one that is no equality
	next := ""                        // the first sort attribute that need not be equal to anything
	for _, e := range k.sort {
		c := byName[e.name]
		delete(byName, e.name)
		switch {
		case c == nil:
			if next == "" {
				next = e.name
			}
			continue
		case next != "":
			return span{}, invalid("RANGE key attributes %s must have equality conditions specified in the query because a condition is present on key attribute %s", next, e.name)
		}
		if err := checkOperands(e, c); err != nil {
			return span{}, err
		}
		if c.Op == "=" {
			equal = append(equal, c.Args[0])
		} else {
			last, next = c, e.name
		}
	}
	if len(byName) > 0 {
		if next != "" && last == nil {
			return span{}, invalid("Query condition missed key schema element: %s", next)
		}
		return span{}, invalid("Query key condition not supported")
	}
	return querySpan(hash, equal, last), nil
}

func checkOperands(e keyElement, c *expression.KeyCondition) error {
	for _, v := range c.Args {
		if v.Kind != e.kind {
			return invalidValue("Condition parameter type does not match schema type")
		}
		if v.Size() > maxHashLength {
			return invalidValue("Aggregated size of all range keys has exceeded the size limit of %d bytes", maxSortLength)
		}
	}
	if c.Op == "begins_with" && e.kind == value.N { // only the older parameters can still ask for it
		return invalid("Invalid operator used in KeyConditionExpression: begins_with")
	}
	return nil
}
