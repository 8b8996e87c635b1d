package state

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"usher.example/knative/broker/signing"
)

// SigningKeyFile holds the key that the Broker signs deliveries with: Ed25519, PKCS #8 in PEM form.
const SigningKeyFile = "signing.pem"

// SigningKey makes that key where there is none yet, and gives its public half as functions read it: the base64 of its
// SubjectPublicKeyInfo.
func (f *Folder) SigningKey() (public string, err error) {
	path := f.Path(SigningKeyFile)
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		content, err = f.newSigningKey()
	}
	if err != nil {
		return "", fmt.Errorf("DATA: %w", err)
	}
	_, der, err := signing.ParseKey(content)
	if err != nil {
		return "", fmt.Errorf("DATA: %s: %w; delete it, and another is made", path, err)
	}
	return base64.StdEncoding.EncodeToString(der), nil
}

func (f *Folder) newSigningKey() ([]byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	content := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return content, f.write(SigningKeyFile, content, 0o600, true)
}
