package tickets

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"usher.example/shared/function"
)

const (
	// minKey is the least length of a key, in characters: 32 bytes in hexadecimal are 64.
	minKey = 32
	// The two uses of a key are two keys: what is derived for one says nothing about the other.
	sealing = "usher ticket attachment, AES-256-GCM"
	signing = "usher ticket pass, HMAC-SHA256"
	// keyID is the length of a key's id, in bytes.
	keyID = 4
)

// Keys seal attachments and sign passes. The first key is used for what is new; all of them open and check, so that a new
// key in front of the old one makes nothing unreadable.
type Keys struct {
	newest string
	byID   map[string]keyPair
}

type keyPair struct {
	seal cipher.AEAD
	sign []byte
}

// ParseKeys reads TICKET_KEY: one secret of at least 32 characters, or several separated by commas, the newest first.
func ParseKeys(secret string) (*Keys, error) {
	k := &Keys{byID: map[string]keyPair{}}
	for part := range strings.SplitSeq(secret, ",") {
		part = strings.TrimSpace(part)
		if len(part) < minKey {
			return nil, fmt.Errorf("TICKET_KEY: each key needs at least %d characters; make one with: openssl rand -hex 32", minKey)
		}
		pair, err := derive([]byte(part))
		if err != nil {
			return nil, fmt.Errorf("TICKET_KEY: %w", err)
		}
		sum := sha256.Sum256([]byte(part))
		id := hex.EncodeToString(sum[:keyID])
		if k.newest == "" {
			k.newest = id
		}
		k.byID[id] = pair
	}
	return k, nil
}

func keysFrom(env *function.Env) (*Keys, error) { return ParseKeys(env.Getenv("TICKET_KEY")) }

func derive(secret []byte) (keyPair, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, sealing, sha256.Size)
	if err != nil {
		return keyPair{}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return keyPair{}, err
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return keyPair{}, err
	}
	sign, err := hkdf.Key(sha256.New, secret, nil, signing, sha256.Size)
	return keyPair{gcm, sign}, err
}

// seal encrypts content that belongs to what binding names; it opens with the same binding only. It says by which key.
func (k *Keys) seal(content []byte, binding string) (sealed []byte, by string) {
	return k.byID[k.newest].seal.Seal(nil, nil, content, []byte(binding)), k.newest
}

// open decrypts. An error means that we lack the key, or that the content or its place was changed.
func (k *Keys) open(sealed []byte, by, binding string) ([]byte, error) {
	pair, ok := k.byID[by]
	if !ok {
		return nil, fmt.Errorf("sealed by key %q, which is not in TICKET_KEY", by)
	}
	content, err := pair.seal.Open(nil, nil, sealed, []byte(binding))
	if err != nil {
		return nil, fmt.Errorf("open what key %s sealed: %w", by, err)
	}
	return content, nil
}

// mac authenticates a message by the key of this id; ok is false where we do not have it.
func (k *Keys) mac(message []byte, by string) (sum []byte, ok bool) {
	pair, ok := k.byID[by]
	h := hmac.New(sha256.New, pair.sign)
	_, _ = h.Write(message) // never fails
	return h.Sum(nil), ok
}

// random makes a name that nothing else has.
func random() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
