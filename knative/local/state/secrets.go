package state

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
)

const secretsFile = "secrets.json"

// randomBytes of entropy are in each generated secret.
const randomBytes = 32

// Generated is a secret that is made when nobody gives one.
type Generated struct {
	// Secret and Key name it in the manifests; the environment variable that overrides it is called like the key.
	Secret, Key string
	// Prefix begins it, where its user expects one.
	Prefix string
}

// Secrets makes what is not there yet, keeps it in the folder, and returns all by name and key. An environment variable
// of a key's name is taken instead, and is not kept.
func (f *Folder) Secrets(wanted []Generated, getenv func(string) string) (map[string]map[string]string, error) {
	kept := map[string]map[string]string{}
	if err := f.readJSON(secretsFile, &kept); err != nil {
		return nil, err
	}
	added := false
	for _, g := range wanted {
		if kept[g.Secret] == nil {
			kept[g.Secret] = map[string]string{}
		}
		if kept[g.Secret][g.Key] == "" {
			kept[g.Secret][g.Key], added = g.Prefix+random(), true
		}
	}
	if added {
		if err := f.writeJSON(secretsFile, kept, 0o600, true); err != nil {
			return nil, err
		}
	}
	result := map[string]map[string]string{}
	for secret, values := range kept {
		result[secret] = maps.Clone(values)
	}
	for _, g := range wanted {
		if value := getenv(g.Key); value != "" {
			result[g.Secret][g.Key] = value
		}
	}
	return result, nil
}

func random() string {
	b := make([]byte, randomBytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
