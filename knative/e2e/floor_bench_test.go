package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/nats-io/stan.go"

	brokerstan "usher.example/knative/broker/stan"
	store "usher.example/knative/dynamodb"
)

// What a sale cannot do without, as BenchmarkCost and the Broker's log count it: its conditional writes, and its events.
const (
	saleWrites = 12
	saleEvents = 8
	itemSize   = 700 // bytes; what an order's item has
	eventSize  = 900 // bytes; what an order's event has
)

// BenchmarkFloor does the writes and the publishing of a sale and nothing else, straight to store and event store: one
// sale after the other, and as many at once as in BenchmarkPurchase/sustained. What a purchase takes beyond that is ours.
func BenchmarkFloor(b *testing.B) {
	tables, events := floorStore(b), floorEvents(b)
	var last atomic.Int64
	sale := func(int) error {
		n := last.Add(1)
		for i := range saleWrites {
			if err := tables(fmt.Sprintf("%d-%d", n, i)); err != nil {
				return err
			}
			if i < saleEvents {
				if err := events(); err != nil {
					return err
				}
			}
		}
		return nil
	}
	b.Run("one-loop", func(b *testing.B) {
		for b.Loop() {
			if err := sale(0); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sales/s")
		b.ReportMetric(0, "ns/op")
	})
	b.Run("at-once", func(b *testing.B) {
		elapsed := atOnce(b, sale)
		b.ReportMetric(float64(b.N)/elapsed.Seconds(), "sales/s")
		b.ReportMetric(0, "ns/op")
	})
}

// floorStore is a store of its own, and the conditional write of one item into it.
func floorStore(b *testing.B) func(key string) error {
	b.Helper()
	server, err := store.Open(filepath.Join(b.TempDir(), "store"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	web := &http.Server{Handler: server}
	go func() { _ = web.Serve(listener) }()
	b.Cleanup(func() { _ = errors.Join(web.Close(), server.Close()) })
	client := dynamodb.New(dynamodb.Options{
		Region: "local", Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		BaseEndpoint: aws.String("http://" + listener.Addr().String()),
		HTTPClient:   &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: crowd}},
	})
	_, err = client.CreateTable(b.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("floor"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}},
	})
	if err != nil {
		b.Fatal(err)
	}
	filler := &types.AttributeValueMemberS{Value: string(bytes.Repeat([]byte("x"), itemSize))}
	return func(key string) error {
		_, err := client.PutItem(b.Context(), &dynamodb.PutItemInput{
			TableName: aws.String("floor"), ConditionExpression: aws.String("attribute_not_exists(pk)"),
			Item: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: key}, "filler": filler},
		})
		return err
	}
}

// floorEvents is an event store of its own, and the publishing of one event to it.
func floorEvents(b *testing.B) func() error {
	b.Helper()
	server, err := brokerstan.StartServer(brokerstan.ServerOptions{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	conn, err := stan.Connect(brokerstan.ClusterID, "floor-"+strconv.FormatInt(time.Now().UnixNano(), 36),
		stan.NatsURL("nats://"+server.Token+"@"+server.URL[len("nats://"):]))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close(); server.Close() })
	event := bytes.Repeat([]byte("x"), eventSize)
	return func() error { return conn.Publish("floor", event) }
}
