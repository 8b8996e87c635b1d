package dynamodb

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Limits of a table.
const (
	maxGlobalIndexes = 20
	maxLocalIndexes  = 5
	maxNonKeyProject = 100 // over all indexes together
	maxKeyNameLength = 255
)

// check finds what is wrong with the request, in the order in which DynamoDB does, and returns the table's name.
func (in *createTableInput) check() (string, error) {
	if in.TableName == nil {
		return "", invalid("The parameter 'TableName' is required but was not present in the request")
	}
	name, err := in.checkModel()
	if err != nil {
		return "", err
	}
	if err := shortName(name); err != nil {
		return "", invalid("TableName must be at least 3 characters long and at most 255 characters long")
	}
	if err := in.checkBilling(); err != nil {
		return "", err
	}
	if s := in.StreamSpecification; s != nil && !s.StreamEnabled && s.StreamViewType != "" {
		return "", invalidValue("StreamViewType: %s cannot be specified when StreamEnabled is false", s.StreamViewType)
	}
	return name, in.checkShape()
}

func (in *createTableInput) checkModel() (string, error) {
	var c constraints
	name := c.tableName(in.TableName)
	c.required("attributeDefinitions", in.AttributeDefinitions != nil)
	c.required("keySchema", in.KeySchema != nil)
	for i, a := range in.AttributeDefinitions {
		c.enum(fmt.Sprintf("attributeDefinitions.%d.member.attributeType", i+1), &a.AttributeType, "B", "N", "S")
	}
	if in.KeySchema != nil && len(in.KeySchema) == 0 {
		c.add("'[]'", "keySchema", "Member must have length greater than or equal to 1")
	}
	c.keySchema("keySchema", in.KeySchema)
	c.indexes("localSecondaryIndexes", in.LocalSecondaryIndexes)
	c.indexes("globalSecondaryIndexes", in.GlobalSecondaryIndexes)
	c.enum("billingMode", in.BillingMode, provisioned, payPerRequest)
	c.enum("tableClass", in.TableClass, "STANDARD", "STANDARD_INFREQUENT_ACCESS")
	c.throughput("provisionedThroughput", in.ProvisionedThroughput)
	return name, c.err()
}

func (c *constraints) throughput(member string, t *throughput) {
	if t != nil {
		c.atLeast(member+".readCapacityUnits", &t.ReadCapacityUnits, 1)
		c.atLeast(member+".writeCapacityUnits", &t.WriteCapacityUnits, 1)
	}
}

func (c *constraints) keySchema(member string, schema []keySchemaElement) {
	if len(schema) > 2 {
		elements := make([]string, len(schema))
		for i, e := range schema {
			elements[i] = fmt.Sprintf("KeySchemaElement(attributeName=%s, keyType=%s)", e.AttributeName, e.KeyType)
		}
		c.add("'["+strings.Join(elements, ", ")+"]'", member, "Member must have length less than or equal to 2")
	}
	for i, e := range schema {
		at := fmt.Sprintf("%s.%d.member.", member, i+1)
		c.enum(at+"keyType", &e.KeyType, "HASH", "RANGE")
		if e.AttributeName == "" {
			c.add("''", at+"attributeName", "Member must have length greater than or equal to 1")
		} else if len(e.AttributeName) > maxKeyNameLength {
			c.add("'"+e.AttributeName+"'", at+"attributeName", fmt.Sprintf("Member must have length less than or equal to %d", maxKeyNameLength))
		}
	}
}

func (c *constraints) indexes(member string, indexes []indexDefinition) {
	for i, x := range indexes {
		at := fmt.Sprintf("%s.%d.member.", member, i+1)
		c.name(at+"indexName", x.IndexName)
		if len(x.IndexName) > 0 && len(x.IndexName) < minNameLength {
			c.add("'"+x.IndexName+"'", at+"indexName", fmt.Sprintf("Member must have length greater than or equal to %d", minNameLength))
		}
		if x.KeySchema == nil {
			c.required(at+"keySchema", false)
		}
		c.keySchema(at+"keySchema", x.KeySchema)
		if x.Projection.ProjectionType != "" {
			c.enum(at+"projection.projectionType", &x.Projection.ProjectionType, "ALL", "INCLUDE", "KEYS_ONLY")
		}
		c.throughput(at+"provisionedThroughput", x.ProvisionedThroughput)
	}
}

func (in *createTableInput) checkBilling() error {
	onDemand := in.BillingMode != nil && *in.BillingMode == payPerRequest
	if onDemand && in.ProvisionedThroughput != nil {
		return invalidValue("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	}
	if !onDemand && in.ProvisionedThroughput == nil {
		return invalidValue("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	for _, x := range in.GlobalSecondaryIndexes {
		if onDemand && x.ProvisionedThroughput != nil {
			return invalidValue("ProvisionedThroughput should not be specified for index: %s when BillingMode is PAY_PER_REQUEST", x.IndexName)
		}
		if !onDemand && x.ProvisionedThroughput == nil {
			return invalidValue("ProvisionedThroughput must be specified for index: %s", x.IndexName)
		}
	}
	return nil
}

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
	if err := checkSchema(in.KeySchema, types, used, "KeySchema", ""); err != nil {
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

// checkSchema checks one key; of names the index in messages, "" for the table's own.
func checkSchema(schema []keySchemaElement, types map[string]string, used map[string]bool, what, of string) error {
	if len(schema) == 0 {
		return invalidValue("%s must not be empty%s", what, of)
	}
	if schema[0].KeyType != "HASH" {
		return invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	}
	if len(schema) == 2 {
		if schema[1].KeyType != "RANGE" {
			return invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
		}
		if schema[0].AttributeName == schema[1].AttributeName {
			return invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")
		}
	}
	for _, e := range schema {
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

func (in *createTableInput) checkLocal(types map[string]string, used map[string]bool) error {
	if in.LocalSecondaryIndexes != nil && len(in.LocalSecondaryIndexes) == 0 {
		return invalidValue("List of LocalSecondaryIndexes is empty")
	}
	if len(in.LocalSecondaryIndexes) > 0 && len(in.KeySchema) < 2 {
		return invalidValue("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
	}
	for _, x := range in.LocalSecondaryIndexes {
		if err := checkIndex(x, types, used); err != nil {
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
		if err := checkIndex(x, types, used); err != nil {
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

func checkIndex(x indexDefinition, types map[string]string, used map[string]bool) error {
	if err := checkSchema(x.KeySchema, types, used, "KeySchema", " for index: "+x.IndexName); err != nil {
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
