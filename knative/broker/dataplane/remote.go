package dataplane

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"usher.example/knative/broker/stan"
)

// Remote are the options of a process whose store runs elsewhere: ingress and
// dispatcher in a cluster.
type Remote struct {
	Addr, AdminAddr, Contract, LogFormat, LogLevel string
	StoreURL, TokenFile, CAFile                    string
	CertFile, KeyFile, SigningKeyFile              string
	Drain                                          time.Duration
}

// Flags registers the options with their defaults.
func (o *Remote) Flags(fs *flag.FlagSet) {
	fs.StringVar(&o.Addr, "addr", ":8080", "address that events are accepted on (ingress)")
	fs.StringVar(&o.AdminAddr, "admin-addr", ":9090", "address of health, metrics, status and dead letters")
	fs.StringVar(&o.Contract, "contract", "/etc/broker/contract.json", "contract file, as the controller's ConfigMap is mounted")
	fs.StringVar(&o.LogFormat, "log", "json", "log format: text or json")
	fs.StringVar(&o.LogLevel, "log-level", "info", "least level to log: debug, info, warn or error")
	fs.StringVar(&o.StoreURL, "store", "", "NATS Streaming server URLs, separated by commas (required)")
	fs.StringVar(&o.TokenFile, "store-token-file", "", "file that holds the server's token")
	fs.StringVar(&o.CAFile, "store-ca-file", "", "certificate authority of the server; with it the connection is TLS")
	fs.StringVar(&o.CertFile, "store-cert-file", "", "client certificate towards the server")
	fs.StringVar(&o.KeyFile, "store-key-file", "", "key of the client certificate")
	fs.StringVar(&o.SigningKeyFile, "signing-key-file", "", "Ed25519 key that signs deliveries to subscribers who state an audience (dispatcher)")
	fs.DurationVar(&o.Drain, "drain", DefaultDrain, "how long SIGTERM waits for deliveries under way")
}

// Run serves the roles until ctx ends. role names the process towards the server.
func (o *Remote) Run(ctx context.Context, role string, roles Roles, logs io.Writer) error {
	if o.StoreURL == "" {
		return errors.New("-store is required: the NATS Streaming server's URL")
	}
	log, err := NewLog(logs, o.LogFormat, o.LogLevel)
	if err != nil {
		return err
	}
	cfg := stan.Config{URL: o.StoreURL, ClientID: clientID(role), ExclusiveID: role + "-ordered", Log: log}
	if o.TokenFile != "" {
		token, err := os.ReadFile(o.TokenFile)
		if err != nil {
			return fmt.Errorf("the store's token: %w", err)
		}
		cfg.Token = strings.TrimSpace(string(token))
	}
	if cfg.TLS, err = o.tls(); err != nil {
		return err
	}
	client := stan.NewClient(cfg)
	defer client.Close()
	return Process{
		Roles: roles, Store: client, Addr: o.Addr, AdminAddr: o.AdminAddr, Contract: o.Contract, SigningKey: o.SigningKeyFile, Drain: o.Drain, Log: log,
	}.Run(ctx)
}

func (o *Remote) tls() (*tls.Config, error) {
	if o.CAFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(o.CAFile)
	if err != nil {
		return nil, fmt.Errorf("the store's certificate authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", o.CAFile)
	}
	cfg := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	if o.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("the client certificate: %w", err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}

// notInID is what the server does not take in a client id.
var notInID = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// clientID is role, pod name and something random: a pod that is replaced under
// its old name is another client.
func clientID(role string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	raw := make([]byte, 4)
	_, _ = rand.Read(raw)
	return notInID.ReplaceAllString(role+"-"+host+"-"+hex.EncodeToString(raw), "-")
}
