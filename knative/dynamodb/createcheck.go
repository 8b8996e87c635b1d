package dynamodb

import (
	"fmt"
	"strings"
)

// Limits of a table.
const (
	maxGlobalIndexes = 20
	maxLocalIndexes  = 5
	maxNonKeyProject = 100 // over all indexes together
	maxKeyNameLength = 255
	maxTableKey      = 2 // attributes of a table's or a local index's key
	maxIndexKey      = 4 // hash attributes of a global index's key, and as many that sort
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
	if n := len(name); n > 0 && n < minNameLength {
		c.add("'"+name+"'", "tableName", fmt.Sprintf("Member must have length greater than or equal to %d", minNameLength))
	}
	c.required("attributeDefinitions", in.AttributeDefinitions != nil)
	c.required("keySchema", in.KeySchema != nil)
	for i, a := range in.AttributeDefinitions {
		c.enum(fmt.Sprintf("attributeDefinitions.%d.member.attributeType", i+1), &a.AttributeType, "B", "N", "S")
	}
	if in.KeySchema != nil && len(in.KeySchema) == 0 {
		c.add("'[]'", "keySchema", "Member must have length greater than or equal to 1")
	}
	c.keySchema("keySchema", in.KeySchema, maxTableKey)
	c.indexes("globalSecondaryIndexes", in.GlobalSecondaryIndexes, 2*maxIndexKey)
	c.indexes("localSecondaryIndexes", in.LocalSecondaryIndexes, maxTableKey)
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

func (c *constraints) keySchema(member string, schema []keySchemaElement, most int) {
	if len(schema) > most {
		elements := make([]string, len(schema))
		for i, e := range schema {
			elements[i] = fmt.Sprintf("KeySchemaElement(attributeName=%s, keyType=%s)", e.AttributeName, e.KeyType)
		}
		c.add("'["+strings.Join(elements, ", ")+"]'", member, fmt.Sprintf("Member must have length less than or equal to %d", most))
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

func (c *constraints) indexes(member string, indexes []indexDefinition, most int) {
	for i, x := range indexes {
		at := fmt.Sprintf("%s.%d.member.", member, i+1)
		c.name(at+"indexName", x.IndexName)
		if len(x.IndexName) > 0 && len(x.IndexName) < minNameLength {
			c.add("'"+x.IndexName+"'", at+"indexName", fmt.Sprintf("Member must have length greater than or equal to %d", minNameLength))
		}
		if x.KeySchema == nil {
			c.required(at+"keySchema", false)
		}
		c.keySchema(at+"keySchema", x.KeySchema, most)
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
