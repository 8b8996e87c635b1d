package dynamodb

import (
	"slices"

	"usher.example/knative/dynamodb/internal/engine"
)

type updateTableInput struct {
	TableName                   *string
	AttributeDefinitions        []attributeDefinition
	BillingMode                 *string
	ProvisionedThroughput       *throughput
	OnDemandThroughput          *onDemand
	DeletionProtectionEnabled   *bool
	TableClass                  *string
	StreamSpecification         *streamSpecification
	SSESpecification            *sseSpecification
	GlobalSecondaryIndexUpdates []indexUpdate
}

type indexUpdate struct {
	Create *indexDefinition
	Update *struct {
		IndexName             string
		ProvisionedThroughput *throughput
		OnDemandThroughput    *onDemand
	}
	Delete *struct{ IndexName string }
}

func (s *Server) updateTable(body []byte) ([]byte, error) {
	in, err := decode[updateTableInput](body)
	if err != nil {
		return nil, err
	}
	if in.TableName == nil {
		return nil, invalid("The parameter 'TableName' is required but was not present in the request")
	}
	var c constraints
	name := c.tableName(in.TableName)
	c.enum("billingMode", in.BillingMode, provisioned, payPerRequest)
	c.enum("tableClass", in.TableClass, "STANDARD", "STANDARD_INFREQUENT_ACCESS")
	c.throughput("provisionedThroughput", in.ProvisionedThroughput)
	if err := c.err(); err != nil {
		return nil, err
	}
	t, err := s.define(name, func(w engine.Writer, current *table) (*definition, error) {
		if current == nil {
			return nil, notFound("Requested resource not found: Table: %s not found", name)
		}
		d := current.definition
		if err := in.settings(&d); err != nil {
			return nil, err
		}
		return &d, in.changeIndexes(w, current, &d)
	})
	if err != nil {
		return nil, err
	}
	return s.describe("TableDescription", t, "UPDATING")
}

// settings changes what does not touch items.
func (in *updateTableInput) settings(d *definition) error {
	if in.BillingMode == nil && in.ProvisionedThroughput == nil && in.OnDemandThroughput == nil && in.DeletionProtectionEnabled == nil &&
		in.TableClass == nil && in.StreamSpecification == nil && in.SSESpecification == nil && len(in.GlobalSecondaryIndexUpdates) == 0 {
		return invalid("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
	}
	if err := in.billing(d); err != nil {
		return err
	}
	if in.DeletionProtectionEnabled != nil {
		d.DeletionProtectionEnabled = *in.DeletionProtectionEnabled
	}
	if in.OnDemandThroughput != nil {
		d.OnDemandThroughput = in.OnDemandThroughput
	}
	if in.TableClass != nil {
		d.TableClass = *in.TableClass
	}
	if in.StreamSpecification != nil {
		d.StreamSpecification = in.StreamSpecification
	}
	if in.SSESpecification != nil {
		d.SSESpecification = in.SSESpecification
	}
	return nil
}

func (in *updateTableInput) billing(d *definition) error {
	mode := d.BillingMode
	if in.BillingMode != nil {
		mode = *in.BillingMode
	}
	switch {
	case mode == payPerRequest && in.ProvisionedThroughput != nil:
		return invalidValue("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case mode == provisioned && d.BillingMode == payPerRequest && in.ProvisionedThroughput == nil:
		return invalidValue("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	case in.ProvisionedThroughput != nil && d.ProvisionedThroughput != nil && *in.ProvisionedThroughput == *d.ProvisionedThroughput:
		return invalid("The provisioned throughput for the table will not change. The requested value equals the current value. "+
			"Current ReadCapacityUnits provisioned for the table: %d. Requested ReadCapacityUnits: %d. Current WriteCapacityUnits provisioned for the table: %d. "+
			"Requested WriteCapacityUnits: %d. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
			d.ProvisionedThroughput.ReadCapacityUnits, in.ProvisionedThroughput.ReadCapacityUnits,
			d.ProvisionedThroughput.WriteCapacityUnits, in.ProvisionedThroughput.WriteCapacityUnits)
	}
	d.BillingMode = mode
	if in.ProvisionedThroughput != nil {
		d.ProvisionedThroughput = in.ProvisionedThroughput
	}
	if mode == payPerRequest {
		d.ProvisionedThroughput = nil
	}
	return nil
}

// changeIndexes adds, changes and drops global indexes; a new one is filled from the table in the same commit.
func (in *updateTableInput) changeIndexes(w engine.Writer, current *table, d *definition) error {
	d.GlobalSecondaryIndexes = slices.Clone(d.GlobalSecondaryIndexes)
	for _, u := range in.GlobalSecondaryIndexUpdates {
		var err error
		switch {
		case u.Create != nil:
			err = in.createIndex(w, d, *u.Create)
		case u.Delete != nil:
			err = deleteIndex(w, current, d, u.Delete.IndexName)
		case u.Update != nil:
			i := d.global(u.Update.IndexName)
			if i < 0 {
				return notFound("Requested resource not found: Index: %s not found", u.Update.IndexName)
			}
			x := &d.GlobalSecondaryIndexes[i]
			if u.Update.ProvisionedThroughput != nil {
				x.ProvisionedThroughput = u.Update.ProvisionedThroughput
			}
			if u.Update.OnDemandThroughput != nil {
				x.OnDemandThroughput = u.Update.OnDemandThroughput
			}
		default:
			err = invalidValue("One of GlobalSecondaryIndexUpdate's Create, Update and Delete must be specified")
		}
		if err != nil {
			return err
		}
	}
	d.dropUnusedAttributes()
	return nil
}

func (d *definition) global(name string) int {
	return slices.IndexFunc(d.GlobalSecondaryIndexes, func(x indexDefinition) bool { return x.IndexName == name })
}

func (in *updateTableInput) createIndex(w engine.Writer, d *definition, x indexDefinition) error {
	if d.global(x.IndexName) >= 0 {
		return invalidValue("Attempting to create an index which already exists: %s", x.IndexName)
	}
	if len(d.GlobalSecondaryIndexes) >= maxGlobalIndexes {
		return &failure{kind: modelErrors + "LimitExceededException", message: "Subscriber limit exceeded: a table has at most 20 global secondary indexes"}
	}
	var c constraints
	c.indexes("globalSecondaryIndexUpdates", []indexDefinition{x}, 2*maxIndexKey)
	if err := c.err(); err != nil {
		return err
	}
	types := map[string]string{}
	for _, a := range append(slices.Clone(d.AttributeDefinitions), in.AttributeDefinitions...) {
		types[a.AttributeName] = a.AttributeType
	}
	if err := checkIndex(x, maxIndexKey, types, map[string]bool{}); err != nil {
		return err
	}
	d.AttributeDefinitions = slices.Clone(d.AttributeDefinitions)
	for _, e := range x.KeySchema {
		if !slices.ContainsFunc(d.AttributeDefinitions, func(a attributeDefinition) bool { return a.AttributeName == e.AttributeName }) {
			d.AttributeDefinitions = append(d.AttributeDefinitions, attributeDefinition{e.AttributeName, types[e.AttributeName]})
		}
	}
	d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, x)
	t := newTable(*d, nil)
	filled, err := t.index(x.IndexName)
	if err != nil {
		return err
	}
	return fillIndex(w, t, filled)
}

func fillIndex(w engine.Writer, t *table, x *index) error {
	if err := w.Create(x.space); err != nil {
		return err
	}
	return span{}.walk(w, t.space(), false, func(k, v []byte) (bool, error) {
		item, err := record(v).item()
		if err != nil {
			return false, err
		}
		entry := x.entry(item, k)
		if entry == nil {
			return true, nil
		}
		return true, w.Put(x.space, entry, slices.Clone(x.record(item, record(v))))
	})
}

func deleteIndex(w engine.Writer, current *table, d *definition, name string) error {
	i := d.global(name)
	if i < 0 {
		return notFound("Requested resource not found: Index: %s not found", name)
	}
	d.GlobalSecondaryIndexes = slices.Delete(d.GlobalSecondaryIndexes, i, i+1)
	x, err := current.index(name)
	if err != nil {
		return err
	}
	return w.Drop(x.space)
}

// dropUnusedAttributes forgets definitions that only a dropped index needed.
func (d *definition) dropUnusedAttributes() {
	used := map[string]bool{}
	note := func(schema []keySchemaElement) {
		for _, e := range schema {
			used[e.AttributeName] = true
		}
	}
	note(d.KeySchema)
	for _, x := range slices.Concat(d.LocalSecondaryIndexes, d.GlobalSecondaryIndexes) {
		note(x.KeySchema)
	}
	d.AttributeDefinitions = slices.DeleteFunc(slices.Clone(d.AttributeDefinitions), func(a attributeDefinition) bool { return !used[a.AttributeName] })
}
