package dynamodb

import (
	"maps"
	"slices"
	"strings"
)

// checkShape finds keys that do not fit the attribute definitions, and indexes that do not fit the table.
func (in *createTableInput) checkShape() error {
	types := map[string]string{}
	for _, a := range in.AttributeDefinitions {
		if _, twice := types[a.AttributeName]; twice {
			return invalidValue("Duplicate AttributeName in AttributeDefinitions: %s", a.AttributeName)
		}
		types[a.AttributeName] = a.AttributeType
	}
	used := map[string]bool{}
	if err := checkSchema(in.KeySchema, 1, types, used, ""); err != nil {
		return err
	}
	if err := in.checkLocal(types, used); err != nil {
		return err
	}
	if err := in.checkGlobal(types, used); err != nil {
		return err
	}
	if len(used) < len(types) {
		return invalidValue("Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
	}
	return nil
}

// errNoDefinition is also what DynamoDB says of a key that names an attribute twice.
var errNoDefinition = invalid("Invalid KeySchema: Some index key attribute have no definition")

// checkSchema checks one key; of names the index in messages, "" for the table's own.
func checkSchema(schema []keySchemaElement, most int, types map[string]string, used map[string]bool, of string) error {
	if len(schema) == 0 {
		return invalidValue("KeySchema must not be empty%s", of)
	}
	if schema[0].KeyType != "HASH" {
		return invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	}
	if err := checkOrder(schema, most); err != nil {
		return err
	}
	for _, e := range schema {
		if types[e.AttributeName] == "" && of == "" {
			return errNoDefinition
		}
		if types[e.AttributeName] == "" {
			var keys []string
			for _, e := range schema {
				keys = append(keys, e.AttributeName)
			}
			return invalidValue("Some index key attributes are not defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: [%s]",
				strings.Join(keys, ", "), strings.Join(slices.Sorted(maps.Keys(types)), ", "))
		}
		used[e.AttributeName] = true
	}
	return nil
}

// checkOrder wants the hash attributes before those that sort, at most so many of each, and each once.
func checkOrder(schema []keySchemaElement, most int) error {
	count := map[string]int{}
	for i, e := range schema {
		if e.KeyType == "HASH" && count["RANGE"] > 0 || count[e.KeyType] == most {
			if i == 1 {
				return invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
			}
			return invalid("Invalid KeySchema: at most %d HASH elements must come before at most %d RANGE elements", most, most)
		}
		count[e.KeyType]++
		for _, before := range schema[:i] {
			if before.AttributeName == e.AttributeName {
				return errNoDefinition
			}
		}
	}
	return nil
}

func (in *createTableInput) checkLocal(types map[string]string, used map[string]bool) error {
	if in.LocalSecondaryIndexes != nil && len(in.LocalSecondaryIndexes) == 0 {
		return invalidValue("List of LocalSecondaryIndexes is empty")
	}
	if len(in.LocalSecondaryIndexes) > 0 && len(in.KeySchema) < 2 {
		return invalidValue("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
	}
	for _, x := range in.LocalSecondaryIndexes {
		if err := checkIndex(x, 1, types, used); err != nil {
			return err
		}
		if len(x.KeySchema) < 2 {
			return invalidValue("Index KeySchema does not have a range key for index: %s", x.IndexName)
		}
		if x.KeySchema[0].AttributeName != in.KeySchema[0].AttributeName {
			return invalidValue("Index KeySchema does not have the same leading hash key as table KeySchema for index: %s. index hash key: %s, table hash key: %s",
				x.IndexName, x.KeySchema[0].AttributeName, in.KeySchema[0].AttributeName)
		}
	}
	if len(in.LocalSecondaryIndexes) > maxLocalIndexes {
		return invalidValue("Number of LocalSecondaryIndexes exceeds per-table limit of %d", maxLocalIndexes)
	}
	return in.checkNames()
}

func (in *createTableInput) checkGlobal(types map[string]string, used map[string]bool) error {
	if in.GlobalSecondaryIndexes != nil && len(in.GlobalSecondaryIndexes) == 0 {
		return invalidValue("List of GlobalSecondaryIndexes is empty")
	}
	for _, x := range in.GlobalSecondaryIndexes {
		if err := checkIndex(x, maxIndexKey, types, used); err != nil {
			return err
		}
	}
	if len(in.GlobalSecondaryIndexes) > maxGlobalIndexes {
		return invalidValue("GlobalSecondaryIndex count exceeds the per-table limit of %d", maxGlobalIndexes)
	}
	return nil
}

func (in *createTableInput) checkNames() error {
	seen := map[string]bool{}
	for _, x := range slices.Concat(in.LocalSecondaryIndexes, in.GlobalSecondaryIndexes) {
		if seen[x.IndexName] {
			return invalidValue("Duplicate index name: %s", x.IndexName)
		}
		seen[x.IndexName] = true
	}
	return nil
}

func checkIndex(x indexDefinition, most int, types map[string]string, used map[string]bool) error {
	if err := checkSchema(x.KeySchema, most, types, used, " for index: "+x.IndexName); err != nil {
		return err
	}
	named := len(x.Projection.NonKeyAttributes)
	switch {
	case x.Projection.ProjectionType == "":
		return invalidValue("Unknown ProjectionType: null")
	case x.Projection.ProjectionType == "INCLUDE" && named == 0:
		return invalidValue("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
	case x.Projection.ProjectionType != "INCLUDE" && x.Projection.NonKeyAttributes != nil:
		return invalidValue("ProjectionType is %s, but NonKeyAttributes is specified", x.Projection.ProjectionType)
	case named > maxNonKeyProject:
		return invalidValue("NonKeyAttributes exceeds the limit of %d", maxNonKeyProject)
	}
	return nil
}
