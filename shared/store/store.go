// Package store keeps state in DynamoDB-compatible tables, by conditional writes alone.
//
// A change reads an item, lets a pure function decide what it becomes, and writes it on the condition that nobody
// changed it meanwhile (P1, P3). There are no transactions, no unconditional writes and no clocks in that: the subset
// behaves the same on DynamoDB, ScyllaDB Alternator and the embedded server. Only what never changes once it is written
// (Facts) is put without a condition.
package store

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"usher.example/shared/trace"
)

const (
	// requestTimeout bounds one try of one request: a store that is slower than this is not there.
	requestTimeout = 5 * time.Second
	// idleConnections keeps as many connections open as a busy function has requests under way.
	idleConnections = 64
)

// API is the part of DynamoDB that is used here: all of it is in *dynamodb.Client.
type API interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	BatchWriteItem(context.Context, *dynamodb.BatchWriteItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	CreateTable(context.Context, *dynamodb.CreateTableInput, ...func(*dynamodb.Options)) (*dynamodb.CreateTableOutput, error)
	DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
}

// Store is a set of tables whose names share a prefix.
type Store struct {
	client API
	prefix string
	sleep  func(context.Context, time.Duration) error
	spawn  func(*sync.WaitGroup, func())
	lost   func(table string)
}

// FromEnv opens the store that the environment names: DYNAMODB_ENDPOINT (empty: Amazon's in AWS_REGION), TABLE_PREFIX, and as whom it is
// asked (credentials.go). It connects to nothing yet.
func FromEnv(getenv func(string) string) (*Store, error) {
	who, err := credentialsFrom(getenv)
	if err != nil {
		return nil, err
	}
	if getenv("AWS_REGION") == "" {
		return nil, errors.New("AWS_REGION must be set (any value for the embedded store)")
	}
	endpoint := getenv("DYNAMODB_ENDPOINT")
	if endpoint != "" {
		if u, err := url.Parse(endpoint); err != nil || u.Host == "" {
			return nil, fmt.Errorf("DYNAMODB_ENDPOINT %q is not a URL", endpoint)
		}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = idleConnections, idleConnections
	options := dynamodb.Options{
		Region:             getenv("AWS_REGION"),
		Credentials:        who,
		HTTPClient:         &http.Client{Transport: plainBody{trace.Transport("store", transport)}, Timeout: requestTimeout},
		EndpointResolverV2: &steadyEndpoint{rules: dynamodb.NewDefaultEndpointResolverV2()},
	}
	if endpoint != "" {
		options.BaseEndpoint = aws.String(endpoint)
	}
	return New(dynamodb.New(options), getenv("TABLE_PREFIX")), nil
}

// New makes a Store of a client.
func New(client API, prefix string) *Store {
	return &Store{client: client, prefix: prefix, sleep: Sleep, spawn: (*sync.WaitGroup).Go, lost: func(string) {}}
}

// WithSleep returns a Store whose pauses between tries are taken by f: a simulation has its own time.
func (s *Store) WithSleep(f func(context.Context, time.Duration) error) *Store {
	c := *s
	c.sleep = f
	return &c
}

// WithSpawn returns a Store that runs by f what it does at once: a simulation decides the order of things.
func (s *Store) WithSpawn(f func(*sync.WaitGroup, func())) *Store {
	c := *s
	c.spawn = f
	return &c
}

// WithLosses returns a Store that tells f of each conditional write that lost a race, by the table's name without its prefix.
func (s *Store) WithLosses(f func(table string)) *Store {
	c := *s
	c.lost = f
	return &c
}

// Table names one table of the store.
func (s *Store) Table(name string) *Table {
	return &Table{client: s.client, name: s.prefix + name, sleep: s.sleep, spawn: s.spawn, lost: func() { s.lost(name) }}
}

// Sleep waits for d; its error is the context's, when that ends before.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
