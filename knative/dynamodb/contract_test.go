package dynamodb_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"usher.example/knative/dynamodb"
)

// The contract is what the product asks of any DynamoDB: it runs through the AWS SDK against this server in process and
// over loopback, against the server that USHER_DYNAMODB_ENDPOINT names, and against dynalite where the folder that
// DYNALITE names has it installed.

// store is one implementation under the contract.
type store struct {
	client *sdk.Client
	count  *atomic.Int64 // of tables, for their names
	prefix string
}

// promise is one thing the contract asks. A broken promise is an error, so that where another implementation is known
// to differ, the difference can be asserted too.
type promise struct {
	name  string
	check func(ctx context.Context, s *store) error
}

const contractTimeout = 30 * time.Second

func TestContractInProcess(t *testing.T) {
	s := open(t, dynamodb.Options{NoSync: true})
	keep(t, newStore(sdk.Options{HTTPClient: s.HTTPClient(), BaseEndpoint: aws.String("http://in-process")}), nil)
}

func TestContractOverLoopback(t *testing.T) {
	_, addr := listen(t, filepath.Join(t.TempDir(), "store"), dynamodb.Options{NoSync: true})
	keep(t, newStore(sdk.Options{BaseEndpoint: aws.String("http://" + addr)}), nil)
}

// TestContractElsewhere runs where an endpoint is given: DynamoDB Local, Alternator, or Amazon's own.
func TestContractElsewhere(t *testing.T) {
	endpoint := os.Getenv("USHER_DYNAMODB_ENDPOINT")
	if endpoint == "" {
		t.Log("USHER_DYNAMODB_ENDPOINT names no other implementation; nothing to compare with")
		return
	}
	s := newStore(sdk.Options{BaseEndpoint: aws.String(endpoint)})
	t.Cleanup(func() { s.deleteTables(t) })
	keep(t, s, nil)
}

// deleteTables leaves a foreign server as it was found.
func (s *store) deleteTables(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), contractTimeout)
	defer cancel()
	for i := range s.count.Load() {
		name := s.prefix + strconv.FormatInt(i+1, 10)
		if _, err := s.client.DeleteTable(ctx, &sdk.DeleteTableInput{TableName: &name}); err != nil {
			t.Logf("delete table %s: %v", name, err) // most likely it was never made, which is no failure
		}
	}
}

func open(tb testing.TB, options dynamodb.Options) *dynamodb.Server {
	tb.Helper()
	options.Log = slog.New(slog.DiscardHandler)
	s, err := dynamodb.Open(filepath.Join(tb.TempDir(), "store"), options)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func newStore(options sdk.Options) *store {
	options.Region = "local"
	options.RetryMaxAttempts = 1 // an error is to be seen, not tried again
	if options.Credentials == nil {
		options.Credentials = credentials.NewStaticCredentialsProvider("id", "secret", "")
	}
	return &store{client: sdk.New(options), count: &atomic.Int64{}, prefix: "contract-" + strconv.FormatInt(time.Now().UnixNano(), 36) + "-"}
}

// keep runs every promise; differs names those that are known to be broken, and why.
func keep(t *testing.T, s *store, differs map[string]string) {
	t.Helper()
	for _, p := range promises() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), contractTimeout)
			defer cancel()
			err := p.check(ctx, s)
			why, known := differs[p.name]
			switch {
			case err != nil && !known:
				t.Error(err)
			case err == nil && known:
				t.Errorf("kept, although it was known to be broken (%s): take it off the list", why)
			}
		})
	}
}

func promises() []promise {
	var all []promise
	for _, group := range [][]promise{tablePromises, writePromises, updatePromises, conditionPromises, readPromises, indexPromises, batchPromises, capacityPromises} {
		all = append(all, group...)
	}
	return all
}

// table makes a table with hash key pk (S), and range key sk (S) when sorted; change may add to it.
func (s *store) table(ctx context.Context, sorted bool, change func(*sdk.CreateTableInput)) (string, error) {
	in := &sdk.CreateTableInput{
		TableName:            aws.String(s.prefix + strconv.FormatInt(s.count.Add(1), 10)),
		BillingMode:          types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS}},
	}
	if sorted {
		in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: aws.String("sk"), KeyType: types.KeyTypeRange})
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String("sk"), AttributeType: types.ScalarAttributeTypeS})
	}
	if change != nil {
		change(in)
	}
	if _, err := s.client.CreateTable(ctx, in); err != nil {
		return "", fmt.Errorf("create table: %w", err)
	}
	waiter := sdk.NewTableExistsWaiter(s.client, func(o *sdk.TableExistsWaiterOptions) { o.MinDelay = 10 * time.Millisecond })
	return *in.TableName, waiter.Wait(ctx, &sdk.DescribeTableInput{TableName: in.TableName}, contractTimeout)
}

// index adds a global index to a table's definition.
func index(name, hash, sort string, projection types.ProjectionType, more ...string) func(*sdk.CreateTableInput) {
	return func(in *sdk.CreateTableInput) {
		g := types.GlobalSecondaryIndex{
			IndexName:  aws.String(name),
			KeySchema:  []types.KeySchemaElement{{AttributeName: aws.String(hash), KeyType: types.KeyTypeHash}},
			Projection: &types.Projection{ProjectionType: projection, NonKeyAttributes: more},
		}
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String(hash), AttributeType: types.ScalarAttributeTypeS})
		if sort != "" {
			g.KeySchema = append(g.KeySchema, types.KeySchemaElement{AttributeName: aws.String(sort), KeyType: types.KeyTypeRange})
			in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String(sort), AttributeType: types.ScalarAttributeTypeN})
		}
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, g)
	}
}

type attributes = map[string]types.AttributeValue

// item reads an item in DynamoDB's JSON, so that tests show what goes over the wire.
func item(text string) attributes {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		panic(fmt.Sprintf("item %s: %v", text, err))
	}
	out := attributes{}
	for name, v := range raw {
		out[name] = attribute(v)
	}
	return out
}

func attribute(raw json.RawMessage) types.AttributeValue {
	var v struct {
		S, N   *string
		B      []byte
		BOOL   *bool
		NULL   *bool
		M      map[string]json.RawMessage
		L      []json.RawMessage
		SS, NS []string
		BS     [][]byte
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		panic(fmt.Sprintf("attribute %s: %v", raw, err))
	}
	switch {
	case v.S != nil:
		return &types.AttributeValueMemberS{Value: *v.S}
	case v.N != nil:
		return &types.AttributeValueMemberN{Value: *v.N}
	case v.B != nil:
		return &types.AttributeValueMemberB{Value: v.B}
	case v.BOOL != nil:
		return &types.AttributeValueMemberBOOL{Value: *v.BOOL}
	case v.NULL != nil:
		return &types.AttributeValueMemberNULL{Value: *v.NULL}
	case v.SS != nil:
		return &types.AttributeValueMemberSS{Value: v.SS}
	case v.NS != nil:
		return &types.AttributeValueMemberNS{Value: v.NS}
	case v.BS != nil:
		return &types.AttributeValueMemberBS{Value: v.BS}
	case v.L != nil:
		list := []types.AttributeValue{}
		for _, x := range v.L {
			list = append(list, attribute(x))
		}
		return &types.AttributeValueMemberL{Value: list}
	}
	m := attributes{}
	for name, x := range v.M {
		m[name] = attribute(x)
	}
	return &types.AttributeValueMemberM{Value: m}
}

// same compares items; sets have no order, so they are compared sorted.
func same(got, want attributes) error {
	if g, w := text(got), text(want); g != w {
		return fmt.Errorf("got %s, want %s", g, w)
	}
	return nil
}

func sameAll(got []attributes, want ...string) error {
	var g, w []string
	for _, x := range got {
		g = append(g, text(x))
	}
	for _, x := range want {
		w = append(w, text(item(x)))
	}
	if !reflect.DeepEqual(g, w) {
		return fmt.Errorf("got %s, want %s", strings.Join(g, " "), strings.Join(w, " "))
	}
	return nil
}

// refused tells whether err is an API error of a type, with a message that contains part.
func refused(err error, kind, part string) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return fmt.Errorf("got error %w, want %s", err, kind)
	}
	if api.ErrorCode() != kind || !strings.Contains(api.ErrorMessage(), part) {
		return fmt.Errorf("got %s: %s, want %s: %s", api.ErrorCode(), api.ErrorMessage(), kind, part)
	}
	return nil
}

func (s *store) put(ctx context.Context, table string, items ...string) error {
	for _, x := range items {
		if _, err := s.client.PutItem(ctx, &sdk.PutItemInput{TableName: &table, Item: item(x)}); err != nil {
			return fmt.Errorf("put %.80s: %w", x, err)
		}
	}
	return nil
}

func (s *store) get(ctx context.Context, table, key string) (attributes, error) {
	out, err := s.client.GetItem(ctx, &sdk.GetItemInput{TableName: &table, Key: item(key), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// holds tells whether the item at key is what is wanted.
func (s *store) holds(ctx context.Context, table, key, want string) error {
	got, err := s.get(ctx, table, key)
	if err != nil {
		return err
	}
	return same(got, item(want))
}
