package dynamodb

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"time"

	"usher.example/knative/dynamodb/internal/engine"
)

type createTableInput struct {
	TableName                 *string
	AttributeDefinitions      []attributeDefinition
	KeySchema                 []keySchemaElement
	LocalSecondaryIndexes     []indexDefinition
	GlobalSecondaryIndexes    []indexDefinition
	BillingMode               *string
	ProvisionedThroughput     *throughput
	OnDemandThroughput        *onDemand
	DeletionProtectionEnabled bool
	TableClass                *string
	StreamSpecification       *streamSpecification
	SSESpecification          *sseSpecification
	Tags                      []tag
}

func (s *Server) createTable(body []byte) ([]byte, error) {
	in, err := decode[createTableInput](body)
	if err != nil {
		return nil, err
	}
	name, err := in.check()
	if err != nil {
		return nil, err
	}
	t, err := s.define(name, func(w engine.Writer, current *table) (*definition, error) {
		if current != nil {
			return nil, inUse("Table already exists: %s", name)
		}
		d := in.definition(name, s.options.Clock())
		if d.ID, err = nextID(w); err != nil {
			return nil, err
		}
		return d, createSpaces(w, newTable(*d, nil))
	})
	if err != nil {
		return nil, err
	}
	return s.describe("TableDescription", t, "CREATING")
}

// definition is what is stored of the request; its ID is still to be given.
func (in *createTableInput) definition(name string, now time.Time) *definition {
	d := &definition{
		TableID:                   newUUID(),
		TableName:                 name,
		CreationDateTime:          seconds(now),
		AttributeDefinitions:      in.AttributeDefinitions,
		KeySchema:                 in.KeySchema,
		LocalSecondaryIndexes:     in.LocalSecondaryIndexes,
		GlobalSecondaryIndexes:    in.GlobalSecondaryIndexes,
		BillingMode:               provisioned,
		ProvisionedThroughput:     in.ProvisionedThroughput,
		OnDemandThroughput:        in.OnDemandThroughput,
		DeletionProtectionEnabled: in.DeletionProtectionEnabled,
		StreamSpecification:       in.StreamSpecification,
		SSESpecification:          in.SSESpecification,
		Tags:                      in.Tags,
	}
	if in.BillingMode != nil {
		d.BillingMode = *in.BillingMode
	}
	if in.TableClass != nil {
		d.TableClass = *in.TableClass
	}
	return d
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// nextID gives a number that no table had before, so that a table made anew never sees the old one's items.
func nextID(w engine.Writer) (uint64, error) {
	if err := w.Create(sequenceSpace); err != nil {
		return 0, err
	}
	id := uint64(1)
	if last := w.Get(sequenceSpace, sequenceKey); len(last) == 8 {
		id = binary.BigEndian.Uint64(last) + 1
	}
	return id, w.Put(sequenceSpace, sequenceKey, binary.BigEndian.AppendUint64(nil, id))
}

func createSpaces(w engine.Writer, t *table) error {
	if err := w.Create(t.space()); err != nil {
		return err
	}
	for _, x := range t.indexes {
		if err := w.Create(x.space); err != nil {
			return err
		}
	}
	return nil
}

func dropSpaces(w engine.Writer, t *table) error {
	for _, x := range t.indexes {
		if err := w.Drop(x.space); err != nil {
			return err
		}
	}
	return w.Drop(t.space())
}
