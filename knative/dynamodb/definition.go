package dynamodb

// definition is a table as it is stored, in the API's own terms.
type definition struct {
	ID                        uint64 // names the table's spaces; never used twice
	TableID                   string // a UUID, for clients
	TableName                 string
	CreationDateTime          float64 // seconds since 1970, UTC
	AttributeDefinitions      []attributeDefinition
	KeySchema                 []keySchemaElement
	LocalSecondaryIndexes     []indexDefinition `json:",omitempty"`
	GlobalSecondaryIndexes    []indexDefinition `json:",omitempty"`
	BillingMode               string
	ProvisionedThroughput     *throughput `json:",omitempty"`
	OnDemandThroughput        *onDemand   `json:",omitempty"`
	DeletionProtectionEnabled bool
	TableClass                string               `json:",omitempty"`
	StreamSpecification       *streamSpecification `json:",omitempty"`
	SSESpecification          *sseSpecification    `json:",omitempty"`
	TimeToLive                *timeToLive          `json:",omitempty"`
	Tags                      []tag                `json:",omitempty"`
}

type attributeDefinition struct {
	AttributeName string
	AttributeType string
}

type keySchemaElement struct {
	AttributeName string
	KeyType       string // HASH or RANGE
}

type indexDefinition struct {
	IndexName             string
	KeySchema             []keySchemaElement
	Projection            indexProjection
	ProvisionedThroughput *throughput `json:",omitempty"`
	OnDemandThroughput    *onDemand   `json:",omitempty"`
}

type indexProjection struct {
	ProjectionType   string   // ALL, KEYS_ONLY or INCLUDE
	NonKeyAttributes []string `json:",omitempty"`
}

type throughput struct {
	ReadCapacityUnits  int
	WriteCapacityUnits int
}

type onDemand struct {
	MaxReadRequestUnits  *int `json:",omitempty"`
	MaxWriteRequestUnits *int `json:",omitempty"`
}

type streamSpecification struct {
	StreamEnabled  bool
	StreamViewType string `json:",omitempty"`
}

type sseSpecification struct {
	Enabled        *bool  `json:",omitempty"`
	SSEType        string `json:",omitempty"`
	KMSMasterKeyID string `json:"KMSMasterKeyId,omitempty"`
}

type timeToLive struct {
	AttributeName string
	Enabled       bool
}

type tag struct {
	Key   string
	Value string
}

const (
	payPerRequest = "PAY_PER_REQUEST"
	provisioned   = "PROVISIONED"
)
