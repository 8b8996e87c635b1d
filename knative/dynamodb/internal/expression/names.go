package expression

import (
	"maps"
	"slices"
	"strings"

	"usher.example/knative/dynamodb/internal/value"
)

// Names holds a request's ExpressionAttributeNames and ExpressionAttributeValues, and which of them were used: one that
// is not is an error. All of a request's expressions share one Names.
type Names struct {
	names      map[string]string
	values     map[string]value.Value
	usedNames  map[string]bool
	usedValues map[string]bool
}

// NewNames checks the placeholders; nil maps stand for parameters that were not sent.
func NewNames(names map[string]string, values map[string]value.Value) (*Names, error) {
	if names != nil && len(names) == 0 {
		return nil, errorf("ExpressionAttributeNames must not be empty")
	}
	for _, key := range slices.Sorted(maps.Keys(names)) {
		if !isPlaceholder(key, '#') {
			return nil, errorf(`ExpressionAttributeNames contains invalid key: Syntax error; key: "%s"`, key)
		}
		if names[key] == "" {
			return nil, errorf("ExpressionAttributeNames contains invalid value: Empty attribute name for key %s", key)
		}
	}
	if values != nil && len(values) == 0 {
		return nil, errorf("ExpressionAttributeValues must not be empty")
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !isPlaceholder(key, ':') {
			return nil, errorf(`ExpressionAttributeValues contains invalid key: Syntax error; key: "%s"`, key)
		}
		if problem := values[key].Error(); problem != "" {
			return nil, errorf("ExpressionAttributeValues contains invalid value: %s for key %s", problem, key)
		}
	}
	return &Names{names: names, values: values, usedNames: map[string]bool{}, usedValues: map[string]bool{}}, nil
}

func isPlaceholder(key string, mark byte) bool {
	if len(key) < 2 || key[0] != mark {
		return false
	}
	for i := 1; i < len(key); i++ {
		if !isWordByte(key[i]) {
			return false
		}
	}
	return true
}

// Unused returns an error that names the placeholders no expression used.
func (n *Names) Unused() error {
	if len(n.usedNames) < len(n.names) {
		return errorf("Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}", missing(n.names, n.usedNames))
	}
	if len(n.usedValues) < len(n.values) {
		return errorf("Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}", missing(n.values, n.usedValues))
	}
	return nil
}

func missing[V any](all map[string]V, used map[string]bool) string {
	var left []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if !used[key] {
			left = append(left, key)
		}
	}
	return strings.Join(left, ", ")
}
