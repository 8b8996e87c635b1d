package e2e

import (
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Whatever happens, no line of any log holds a key, a password or what it became, a session, or what a ticket hides.
func TestSecretsAreNotLogged(t *testing.T) {
	t.Parallel()
	const hidden, wrong = "HIDDEN-CODE-5581-ROW-Q", "a wrong password 77341"
	s := start(t, "LOG_LEVEL=debug")
	seller, buyer := s.person("seller"), s.person("buyer")
	sold := seller.sells("Front row", "42.00")
	seller.attaches(sold.ID, hidden)
	o := buyer.orders(sold.ID)
	buyer.pays(o.ID)
	buyer.becomes(o.ID, "complete")
	var p pass
	eventually(t, "the buyer has a pass", func() bool {
		return readJSON(buyer.do("GET", "/api/tickets/"+sold.ID+"/pass", nil), &p) == nil && p.Code != ""
	})
	buyer.refused(http.StatusForbidden, buyer.do("POST", "/api/tickets/verify", map[string]string{"code": p.Code}))
	buyer.refused(http.StatusBadRequest, buyer.do("POST", "/api/users/signin", `{"email":"x","password":"`+wrong+`","nonsense":"`+wrong+`"}`))
	buyer.refused(http.StatusUnauthorized, buyer.do("POST", "/api/users/signin", map[string]string{"email": buyer.email, "password": wrong}))
	signedIn := buyer.do("POST", "/api/users/signin", map[string]string{"email": buyer.email, "password": password})
	buyer.must(http.StatusOK, signedIn, nil)
	token, _, _ := strings.Cut(strings.TrimPrefix(signedIn.header.Get("Set-Cookie"), "session="), ";")
	forgetful := s.person("forgetful")
	mailed := forgetful.forgets()
	forgetful.must(http.StatusOK, forgetful.recovers(mailed, "staple apple pencil"), nil)
	forgetful.refused(http.StatusBadRequest, forgetful.recovers(mailed, "staple apple pencil"))
	buyer.do("POST", "/api/payments/webhook", `{}`, "Stripe-Signature", "t=1,v1=00")
	s.signal("orders-create", 9) // an end that nobody expected is told of, too
	_ = seller.do("GET", "/api/tickets", nil)

	content, err := os.ReadFile(filepath.Join(s.data, "secrets.json"))
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]map[string]string
	if err := json.Unmarshal(content, &keys); err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{"a password": password, "a wrong password": wrong, "a hash of one": "$argon2id$", "a session": token, "what a mail lets in with": mailed, "what is attached": hidden, "the code of a pass": p.Code,
		"a token of the Broker": base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA","kid":`))}
	for secret, values := range keys {
		for key, value := range values {
			if !strings.Contains(key, "PUBLISHABLE") {
				secrets[secret+"/"+key] = value
			}
		}
	}
	if len(secrets) < 9 {
		t.Fatalf("only %d secrets are known", len(secrets))
	}
	if len(keptIn(t, s.data, forgetful.email, "mail")) == 0 {
		t.Error("neither the events nor the store hold the address of somebody: this is not where they are kept")
	}
	if files := keptIn(t, s.data, mailed, "mail"); len(files) > 0 {
		t.Errorf("what a mail lets in with is kept in %v", files)
	}
	log := s.log.String()
	if !strings.Contains(log, buyer.id) && !strings.Contains(log, o.ID) {
		t.Fatal("this is not the log: nobody's id is in it")
	}
	for name, value := range secrets {
		if i := strings.Index(log, value); i >= 0 {
			from := strings.LastIndexByte(log[:i], '\n') + 1
			t.Errorf("%s is in the log: %.300s", name, log[from:])
		}
	}
}

// keptIn says which files of a folder hold a text, but those below the folders left out.
func keptIn(t *testing.T, folder, text string, but ...string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(but, d.Name()):
			return filepath.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.Contains(string(content), text) {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
