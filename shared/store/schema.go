package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Schema is a table's shape. The hash key is pk; both keys are strings.
type Schema struct {
	Name    string // without the store's prefix
	Sorted  bool   // has the range key sk
	Indexes []Index
}

// Index is a global secondary index; an item without its attributes is not in it.
type Index struct {
	Name, Hash, Range string
	// Project names the attributes the index holds besides the keys: nil means all of them, empty means none.
	Project []string
}

// tableTimeout bounds how long a new table may take to become active; DynamoDB needs some seconds.
const tableTimeout = 2 * time.Minute

// EnsureTables creates the tables that do not exist and waits until all are active. Running it again changes nothing.
func (s *Store) EnsureTables(ctx context.Context, schemas ...Schema) error {
	for _, schema := range schemas {
		_, err := s.client.CreateTable(ctx, schema.input(s.prefix))
		var exists *types.ResourceInUseException
		if err != nil && !errors.As(err, &exists) {
			return fmt.Errorf("create table %s: %w", s.prefix+schema.Name, err)
		}
	}
	waiter := dynamodb.NewTableExistsWaiter(s.client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 100*time.Millisecond, 5*time.Second
	})
	for _, schema := range schemas {
		if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(s.prefix + schema.Name)}, tableTimeout); err != nil {
			return fmt.Errorf("wait for table %s: %w", s.prefix+schema.Name, err)
		}
	}
	return nil
}

func (d Schema) input(prefix string) *dynamodb.CreateTableInput {
	attributes := map[string]bool{attrPK: true}
	in := &dynamodb.CreateTableInput{
		TableName:   aws.String(prefix + d.Name),
		BillingMode: types.BillingModePayPerRequest,
		KeySchema:   keySchema(attrPK, ""),
	}
	if d.Sorted {
		attributes[attrSK] = true
		in.KeySchema = keySchema(attrPK, attrSK)
	}
	for _, x := range d.Indexes {
		attributes[x.Hash], attributes[x.Range] = true, true
		projection := &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: x.Project}
		switch {
		case x.Project == nil:
			projection = &types.Projection{ProjectionType: types.ProjectionTypeAll}
		case len(x.Project) == 0:
			projection = &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}
		}
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: aws.String(x.Name), KeySchema: keySchema(x.Hash, x.Range), Projection: projection,
		})
	}
	for name := range attributes {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS,
		})
	}
	return in
}

func keySchema(hash, sort string) []types.KeySchemaElement {
	keys := []types.KeySchemaElement{{AttributeName: aws.String(hash), KeyType: types.KeyTypeHash}}
	if sort != "" {
		keys = append(keys, types.KeySchemaElement{AttributeName: aws.String(sort), KeyType: types.KeyTypeRange})
	}
	return keys
}
