package dynamodb

import (
	"slices"

	"github.com/go-json-experiment/json"

	"usher.example/knative/dynamodb/internal/engine"
)

// arnPrefix names tables as AWS does; the account and the region are nobody's.
const (
	arnPrefix = "arn:aws:dynamodb:local:000000000000:table/"
	keyArn    = "arn:aws:kms:local:000000000000:key/00000000-0000-0000-0000-000000000000"
)

// description is a table as clients see it.
type description struct {
	TableName                 string
	TableArn                  string
	TableID                   string `json:"TableId"`
	TableStatus               string
	CreationDateTime          float64
	AttributeDefinitions      []attributeDefinition
	KeySchema                 []keySchemaElement
	ItemCount                 int
	TableSizeBytes            int
	LocalSecondaryIndexes     []indexDescription `json:",omitempty"`
	GlobalSecondaryIndexes    []indexDescription `json:",omitempty"`
	BillingModeSummary        *billingSummary    `json:",omitempty"`
	ProvisionedThroughput     throughputState
	OnDemandThroughput        *onDemand `json:",omitempty"`
	DeletionProtectionEnabled bool
	TableClassSummary         *tableClassSummary   `json:",omitempty"`
	StreamSpecification       *streamSpecification `json:",omitempty"`
	SSEDescription            *sseDescription      `json:",omitempty"`
}

type indexDescription struct {
	IndexName             string
	IndexArn              string
	IndexStatus           string `json:",omitempty"`
	KeySchema             []keySchemaElement
	Projection            indexProjection
	ItemCount             int
	IndexSizeBytes        int
	ProvisionedThroughput *throughputState `json:",omitempty"`
	OnDemandThroughput    *onDemand        `json:",omitempty"`
}

type throughputState struct {
	ReadCapacityUnits      int
	WriteCapacityUnits     int
	NumberOfDecreasesToday int
}

type billingSummary struct {
	BillingMode                       string
	LastUpdateToPayPerRequestDateTime float64
}

type tableClassSummary struct{ TableClass string }

type sseDescription struct {
	Status          string
	SSEType         string
	KMSMasterKeyArn string
}

func state(t *throughput) throughputState {
	if t == nil {
		return throughputState{}
	}
	return throughputState{ReadCapacityUnits: t.ReadCapacityUnits, WriteCapacityUnits: t.WriteCapacityUnits}
}

// describe answers with a table under a member name, in a status. Tables are ready at once; CREATING and DELETING are
// told because clients that wait for ACTIVE expect them.
func (s *Server) describe(member string, t *table, status string) ([]byte, error) {
	d := description{
		TableName: t.TableName, TableArn: arnPrefix + t.TableName, TableID: t.TableID, TableStatus: status,
		CreationDateTime: t.CreationDateTime, AttributeDefinitions: t.AttributeDefinitions, KeySchema: t.KeySchema,
		ProvisionedThroughput: state(t.ProvisionedThroughput), OnDemandThroughput: t.OnDemandThroughput,
		DeletionProtectionEnabled: t.DeletionProtectionEnabled, StreamSpecification: t.StreamSpecification,
	}
	if t.BillingMode == payPerRequest {
		d.BillingModeSummary = &billingSummary{payPerRequest, t.CreationDateTime}
	}
	if t.TableClass != "" {
		d.TableClassSummary = &tableClassSummary{t.TableClass}
	}
	if t.SSESpecification != nil && t.SSESpecification.Enabled != nil && *t.SSESpecification.Enabled {
		d.SSEDescription = &sseDescription{Status: "ENABLED", SSEType: "KMS", KMSMasterKeyArn: keyArn}
	}
	if status == "ACTIVE" {
		if err := s.measure(t, &d); err != nil {
			return nil, err
		}
	}
	for _, x := range t.LocalSecondaryIndexes {
		d.LocalSecondaryIndexes = append(d.LocalSecondaryIndexes, t.describeIndex(x))
	}
	for _, x := range t.GlobalSecondaryIndexes {
		g := t.describeIndex(x)
		throughput := state(x.ProvisionedThroughput)
		g.IndexStatus, g.ProvisionedThroughput, g.OnDemandThroughput = status, &throughput, x.OnDemandThroughput
		d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, g)
	}
	return json.Marshal(map[string]description{member: d})
}

func (t *table) describeIndex(x indexDefinition) indexDescription {
	return indexDescription{
		IndexName: x.IndexName, IndexArn: arnPrefix + t.TableName + "/index/" + x.IndexName, KeySchema: x.KeySchema, Projection: x.Projection,
	}
}

// maxCounted bounds what a description counts: beyond it, the numbers stay where they are, as AWS's own lag by hours.
const maxCounted = 10_000

// measure counts the table's items and their bytes.
func (s *Server) measure(t *table, d *description) error {
	return s.engine.View(func(r engine.Reader) error {
		return span{}.walk(r, t.space(), false, func(k, v []byte) (bool, error) {
			d.ItemCount++
			d.TableSizeBytes += record(v).size()
			return d.ItemCount < maxCounted, nil
		})
	})
}

type tableInput struct{ TableName *string }

// named reads a request that is about one table.
func named(body []byte) (string, error) {
	in, err := decode[tableInput](body)
	if err != nil {
		return "", err
	}
	if in.TableName == nil {
		return "", invalid("The parameter 'TableName' is required but was not present in the request")
	}
	var c constraints
	name := c.tableName(in.TableName)
	if err := c.err(); err != nil {
		return "", err
	}
	if shortName(name) != nil {
		return "", invalid("TableName must be at least 3 characters long and at most 255 characters long")
	}
	return name, nil
}

// tableNamed is catalog.get with the words of table operations.
func (s *Server) tableNamed(name string) (*table, error) {
	t, err := s.catalog.get(name)
	if err != nil {
		return nil, notFound("Requested resource not found: Table: %s not found", name)
	}
	return t, nil
}

func (s *Server) describeTable(body []byte) ([]byte, error) {
	name, err := named(body)
	if err != nil {
		return nil, err
	}
	t, err := s.tableNamed(name)
	if err != nil {
		return nil, err
	}
	return s.describe("Table", t, "ACTIVE")
}

func (s *Server) deleteTable(body []byte) ([]byte, error) {
	name, err := named(body)
	if err != nil {
		return nil, err
	}
	t, err := s.define(name, func(w engine.Writer, current *table) (*definition, error) {
		if current == nil {
			return nil, notFound("Requested resource not found: Table: %s not found", name)
		}
		if current.DeletionProtectionEnabled {
			return nil, invalid("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
		}
		return nil, dropSpaces(w, current)
	})
	if err != nil {
		return nil, err
	}
	return s.describe("TableDescription", t, "DELETING")
}

type listTablesInput struct {
	ExclusiveStartTableName *string
	Limit                   *int
}

// maxTableNames is how many names one answer lists.
const maxTableNames = 100

func (s *Server) listTables(body []byte) ([]byte, error) {
	in, err := decode[listTablesInput](body)
	if err != nil {
		return nil, err
	}
	var c constraints
	if in.ExclusiveStartTableName != nil {
		c.name("exclusiveStartTableName", *in.ExclusiveStartTableName)
	}
	c.atLeast("limit", in.Limit, 1)
	c.atMost("limit", in.Limit, maxTableNames)
	if err := c.err(); err != nil {
		return nil, err
	}
	limit := maxTableNames
	if in.Limit != nil {
		limit = *in.Limit
	}
	names := s.catalog.names()
	if in.ExclusiveStartTableName != nil {
		i, found := slices.BinarySearch(names, *in.ExclusiveStartTableName)
		if found {
			i++
		}
		names = names[i:]
	}
	r := newReply()
	r.name("TableNames").open('[')
	for _, name := range names[:min(limit, len(names))] {
		r.comma().string(name)
	}
	r.close(']')
	if len(names) > limit {
		r.name("LastEvaluatedTableName").string(names[limit-1])
	}
	return r.end(), nil
}
