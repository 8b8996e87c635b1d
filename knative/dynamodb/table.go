package dynamodb

import (
	"slices"
	"strconv"
	"strings"

	"usher.example/knative/dynamodb/internal/expression"
	"usher.example/knative/dynamodb/internal/value"
)

// keyElement is one attribute of a key and its scalar type.
type keyElement struct {
	name string
	kind value.Kind
}

// key is a table's or an index's key: attributes that together are the hash key, and those that sort. A table has one
// of the first and at most one of the second, a global index up to four of each.
type key struct{ hash, sort []keyElement }

func (k key) elements() []keyElement { return slices.Concat(k.hash, k.sort) }

// of takes the key's attributes out of an item; ok is false when one is missing or of another type.
func (k key) of(item value.Item) (attributes value.Item, ok bool) {
	attributes = make(value.Item, 2)
	for _, e := range k.elements() {
		v, exists := item[e.name]
		if !exists || v.Kind != e.kind {
			return nil, false
		}
		attributes[e.name] = v
	}
	return attributes, true
}

// encode is the item's place in the order of the table or index; the item has the key's attributes.
func (k key) encode(item value.Item) []byte {
	hash := make([]value.Value, len(k.hash))
	for i, e := range k.hash {
		hash[i] = item[e.name]
	}
	b := value.AppendPartition(make([]byte, 0, 64), hash...)
	for _, e := range k.sort {
		b = value.AppendKey(b, item[e.name])
	}
	return b
}

// table is a table's definition made ready for use. It is never changed; a new definition makes a new table.
type table struct {
	definition
	raw     []byte // the stored definition: a write checks that it is still the one it was planned by
	key     key
	indexes []*index
}

// index is a secondary index: a space of projected items ordered by the index's key and then by the table's.
type index struct {
	name       string
	space      string
	key        key
	local      bool
	projection *expression.Projection // nil: all attributes
	projected  map[string]bool        // names; nil: all
}

func (t *table) space() string { return "items/" + strconv.FormatUint(t.ID, 10) }

func (t *table) index(name string) (*index, error) {
	for _, x := range t.indexes {
		if x.name == name {
			return x, nil
		}
	}
	return nil, invalid("The table does not have the specified index: %s", name)
}

// newTable derives what reading and writing need from a definition.
func newTable(d definition, raw []byte) *table {
	kinds := map[string]value.Kind{}
	for _, a := range d.AttributeDefinitions {
		kinds[a.AttributeName], _ = value.KindOf(a.AttributeType)
	}
	t := &table{definition: d, raw: raw, key: makeKey(d.KeySchema, kinds)}
	for _, x := range d.LocalSecondaryIndexes {
		t.indexes = append(t.indexes, t.newIndex(x, kinds, true))
	}
	for _, x := range d.GlobalSecondaryIndexes {
		t.indexes = append(t.indexes, t.newIndex(x, kinds, false))
	}
	// In this order DynamoDB checks them.
	slices.SortFunc(t.indexes, func(a, b *index) int { return strings.Compare(a.name, b.name) })
	return t
}

func makeKey(schema []keySchemaElement, kinds map[string]value.Kind) key {
	var k key
	for _, e := range schema {
		element := keyElement{e.AttributeName, kinds[e.AttributeName]}
		if e.KeyType == "HASH" {
			k.hash = append(k.hash, element)
		} else {
			k.sort = append(k.sort, element)
		}
	}
	return k
}

func (t *table) newIndex(d indexDefinition, kinds map[string]value.Kind, local bool) *index {
	x := &index{
		name:  d.IndexName,
		space: "index/" + strconv.FormatUint(t.ID, 10) + "/" + d.IndexName,
		key:   makeKey(d.KeySchema, kinds),
		local: local,
	}
	if d.Projection.ProjectionType == "ALL" {
		return x
	}
	x.projected = map[string]bool{}
	for _, e := range append(t.key.elements(), x.key.elements()...) {
		x.projected[e.name] = true
	}
	for _, name := range d.Projection.NonKeyAttributes {
		x.projected[name] = true
	}
	names := make([]string, 0, len(x.projected))
	for name := range x.projected {
		names = append(names, name)
	}
	x.projection = expression.ProjectNames(names)
	return x
}

// entry is the item's place in the index, and nil when it has none: an item without the index's attributes is not in it.
func (x *index) entry(item value.Item, tableKey []byte) []byte {
	if item == nil {
		return nil
	}
	if _, ok := x.key.of(item); !ok {
		return nil
	}
	return append(x.key.encode(item), tableKey...)
}

// Limits on keys, in bytes.
const (
	maxHashLength = 2048
	maxSortLength = 1024
)

// checkKeyAttribute refuses key values that no table takes: empty ones and ones that are too long.
func (k key) checkLengths(item value.Item) error {
	for _, e := range k.elements() {
		v := item[e.name]
		if v.Kind != value.N && v.Str == "" {
			return invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", longKind(v.Kind), e.name)
		}
	}
	return k.checkSizes(item)
}

func (k key) checkSizes(item value.Item) error {
	if sizeOf(k.hash, item) > maxHashLength {
		return invalidValue("Size of hashkey has exceeded the maximum size limit of%d bytes", maxHashLength)
	}
	if sizeOf(k.sort, item) > maxSortLength {
		return invalidValue("Aggregated size of all range keys has exceeded the size limit of %d bytes", maxSortLength)
	}
	return nil
}

func sizeOf(elements []keyElement, item value.Item) int {
	n := 0
	for _, e := range elements {
		n += item[e.name].Size()
	}
	return n
}

func longKind(k value.Kind) string {
	if k == value.B {
		return "binary"
	}
	return "string"
}

// checkKey reads the Key parameter of a request: exactly the key's attributes.
func (t *table) checkKey(sent value.Item) error {
	if len(sent) != len(t.key.elements()) {
		return mismatch("The provided key element does not match the schema")
	}
	if _, ok := t.key.of(sent); !ok {
		return mismatch("The provided key element does not match the schema")
	}
	return t.key.checkLengths(sent)
}

// checkItem tells whether an item may be put: its key is whole, and what indexes would order has the right type.
func (t *table) checkItem(item value.Item) error {
	for _, e := range t.key.elements() {
		v, ok := item[e.name]
		if !ok {
			return mismatch("One or more parameter values were invalid: Missing the key %s in the item", e.name)
		}
		if v.Kind != e.kind {
			return mismatch("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s", e.name, e.kind, v.Kind)
		}
	}
	if err := t.key.checkLengths(item); err != nil {
		return err
	}
	return t.checkIndexKeys(item)
}

func (t *table) checkIndexKeys(item value.Item) error {
	for _, x := range t.indexes {
		for _, e := range x.key.elements() {
			v, ok := item[e.name]
			switch {
			case !ok:
				continue
			case v.Kind != e.kind:
				return mismatch("One or more parameter values were invalid: Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s", e.name, e.kind, v.Kind, x.name)
			case v.Kind != value.N && v.Str == "":
				return invalid("One or more parameter values are not valid. A value specified for a secondary index key is not supported. "+
					"The AttributeValue for a key attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %s", longKind(v.Kind), x.name, e.name)
			}
		}
		if err := x.key.checkSizes(item); err != nil {
			return err
		}
	}
	return nil
}
