package users

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Argon2id with OWASP's second recommended setting: 19 MiB, two passes, one lane (Password Storage Cheat Sheet).
const (
	argonMemory = 19 * 1024 // KiB
	argonTime   = 2
	argonLanes  = 1
	saltLength  = 16 // bytes
	hashLength  = 32 // bytes
)

// hashing bounds how many passwords are hashed at once: more than there are processors only costs memory.
var hashing = make(chan struct{}, runtime.GOMAXPROCS(0))

func slowly[T any](ctx context.Context, f func() T) (T, error) {
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
		return f(), nil
	case <-ctx.Done():
		var zero T
		return zero, ctx.Err()
	}
}

// hashPassword makes a hash in the PHC string format.
func hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLength)
	_, _ = rand.Read(salt) // never fails
	sum, err := slowly(ctx, func() []byte {
		return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, hashLength)
	})
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes,
		b64.EncodeToString(salt), b64.EncodeToString(sum)), err
}

// nobody is compared with when there is no such account, so that the answer takes as long as for one that exists.
var nobody = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes,
	base64.RawStdEncoding.EncodeToString(make([]byte, saltLength)), base64.RawStdEncoding.EncodeToString(make([]byte, hashLength)))

// verifyPassword says whether password has the hash. A hash that cannot be read fits no password; a password that is longer
// than any may be has none.
func verifyPassword(ctx context.Context, password, hash string) (bool, error) {
	if len(password) > utf8.UTFMax*maxPassword {
		return false, nil
	}
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, nil
	}
	var memory, passes uint32
	var lanes uint8
	if n, _ := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); n != 3 || passes == 0 || lanes == 0 {
		return false, nil
	}
	salt, _ := base64.RawStdEncoding.DecodeString(parts[4]) // a bad one gives a hash that does not fit
	want, _ := base64.RawStdEncoding.DecodeString(parts[5])
	if len(want) == 0 {
		return false, nil
	}
	got, err := slowly(ctx, func() []byte {
		return argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(want)))
	})
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}
