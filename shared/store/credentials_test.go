package store

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// A container's role is asked for by its token, which is read anew.
func TestCredentialsOfARole(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	agent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "one" {
			http.Error(w, `{"code":"no","message":"no"}`, http.StatusForbidden)
			return
		}
		_, _ = w.Write([]byte(`{"AccessKeyId":"id","SecretAccessKey":"secret","Token":"session","Expiration":"2099-01-01T00:00:00Z"}`))
	}))
	defer agent.Close()
	env := map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": agent.URL + "/v1/credentials", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file}
	provider, err := credentialsFrom(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	got, err := provider.Retrieve(t.Context())
	if err != nil || got.AccessKeyID != "id" || got.SecretAccessKey != "secret" || got.SessionToken != "session" {
		t.Errorf("got %s, %v", got.AccessKeyID, err)
	}
}

func TestCredentialsFrom(t *testing.T) {
	for name, c := range map[string]struct {
		env map[string]string
		ok  bool
	}{
		"OK/Keys":       {map[string]string{"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}, true},
		"OK/PodRole":    {map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"}, true},
		"OK/IPv6":       {map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://[fd00:ec2::23]/v1/credentials"}, true},
		"OK/Encrypted":  {map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "https://agent.example/"}, true},
		"ErrNothing":    {nil, false},
		"ErrHalf":       {map[string]string{"AWS_ACCESS_KEY_ID": "a"}, false},
		"ErrElsewhere":  {map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/"}, false},
		"ErrByName":     {map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost.evil.example/"}, false},
		"ErrNonsense":   {map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "169.254.170.23"}, false},
		"ErrOtherThing": {map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "file://127.0.0.1/etc/passwd"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := credentialsFrom(func(name string) string { return c.env[name] })
			if (err == nil) != c.ok || (got != nil) != c.ok {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestReadToken(t *testing.T) {
	for content, want := range map[string]string{"one\n": "one", "": "", "one\ntwo": "", "one\r\nX-Header: y": ""} {
		file := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readToken(file); got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v", content, got, err)
		}
	}
	if _, err := readToken(filepath.Join(t.TempDir(), "nothing")); err == nil {
		t.Error("there is no file, and no error")
	}
}
