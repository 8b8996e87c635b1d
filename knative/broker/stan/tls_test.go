package stan_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/stan"
)

// selfSigned writes a certificate for the name "broker-stan", which is its own
// authority, and gives back the files and a pool that trusts it.
func selfSigned(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "broker-stan"}, DNSNames: []string{"broker-stan"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	rawKey, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, raw []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pool = x509.NewCertPool()
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(parsed)
	return write("tls.crt", "CERTIFICATE", der), write("tls.key", "EC PRIVATE KEY", rawKey), pool
}

func TestTLS(t *testing.T) {
	cert, key, pool := selfSigned(t)
	server, err := stan.StartServer(stan.ServerOptions{
		Dir: t.TempDir(), TLSCert: cert, TLSKey: key, TLSCA: cert, TLSName: "broker-stan", Log: brokertest.Log(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	connect := func(c *tls.Config, log refusals) *stan.Client {
		return stan.NewClient(stan.Config{URL: server.URL, Token: server.Token, ClientID: "c", ExclusiveID: "x", TLS: c, Log: log.logger()})
	}
	t.Run("a client with a certificate of the authority gets in", func(t *testing.T) {
		c := connect(&tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}, make(refusals, 1))
		defer c.Close()
		brokertest.Until(t, "it is connected", func() bool { return c.Status().Live })
		appendAll(t, c, "ch", "1")
	})
	for name, cfg := range map[string]*tls.Config{
		"without a certificate":         {RootCAs: pool},
		"that trusts another authority": {RootCAs: x509.NewCertPool(), Certificates: []tls.Certificate{pair}},
		"without TLS":                   nil,
	} {
		t.Run("a client "+name+" does not", func(t *testing.T) {
			refused := make(refusals, 1)
			c := connect(cfg, refused)
			defer c.Close()
			if line := <-refused; c.Status().Live {
				t.Errorf("it got in after %q", line)
			}
		})
	}
}
