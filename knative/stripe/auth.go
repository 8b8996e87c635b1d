package stripe

import (
	"crypto/subtle"
	"net/http"
	"strings"

	"usher.example/knative/stripe/apierror"
	"usher.example/knative/stripe/form"
)

// authenticate tells whether the caller holds the publishable key (true) or the
// secret one (false).
func (d *Double) authenticate(r *http.Request, op operation, params *form.Value) (bool, *apierror.Error) {
	key := keyOf(r, params)
	switch {
	case key == "":
		return false, apierror.Unauthorized("", "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').")
	case isLive(key):
		return false, apierror.Unauthorized("", "A live key was sent to a test double. Nothing was done. Take the live key out of this configuration, or point the application at Stripe.")
	case same(key, d.config.SecretKey):
		return false, nil
	case !same(key, d.config.PublicKey):
		return false, apierror.Unauthorized("", "Invalid API Key provided: %s", masked(key))
	case !op.public:
		return false, apierror.Unauthorized("secret_key_required", "This API call cannot be made with a publishable API key. Please use a secret API key.")
	}
	return true, nil
}

// keyOf finds the key where clients put it: a Bearer token, the user name of Basic
// authentication, or, from browsers, a parameter.
func keyOf(r *http.Request, params *form.Value) string {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return strings.TrimSpace(token)
	}
	if user, _, ok := r.BasicAuth(); ok {
		return user
	}
	if v := params.Fields["key"]; v != nil {
		return v.Text
	}
	return ""
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// masked shows as much of a key as helps to recognise it.
func masked(key string) string {
	const shown = 4
	if len(key) <= len(testSecretPrefix)+shown {
		return strings.Repeat("*", min(len(key), 16))
	}
	return key[:len(testSecretPrefix)] + "****" + key[len(key)-shown:]
}
