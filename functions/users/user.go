// Package users is who somebody is: accounts, and the sessions they sign in to.
package users

import (
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"usher.example/functions/users/guessable"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

const (
	minPassword = 8   // characters; length beats rules about their kinds (NIST SP 800-63B)
	maxPassword = 256 // characters; bounds the work of hashing
	maxEmail    = 254 // characters; RFC 5321's longest path
)

// Schema is the table of who signs in: one item a normalised e-mail address, which says whose it is; and what counts tries: one item a
// network address, one an e-mail address that failed to sign in, and one that mails are asked for (by its hash: it may be nobody's).
var Schema = store.Schema{Name: "users"}

// login is the item of an e-mail address.
type login struct {
	ID    string `dynamodbav:"id"` // of its account
	Email string `dynamodbav:"email"`
	// Hash is the password's with which the account was opened. It counts only until the account has its own.
	Hash      string    `dynamodbav:"hash"`
	CreatedAt time.Time `dynamodbav:"created_at"`
}

func loginKey(email string) store.Key { return store.Key{PK: "user#" + email} }

// view is a person as the API shows them.
type view struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Role  string `json:"role,omitempty"`
}

type credentials struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// normalise trims and lower-cases an e-mail address; ok is false where it cannot be one.
func normalise(email string) (normal string, ok bool) {
	email = strings.ToLower(strings.TrimSpace(email))
	a, err := mail.ParseAddress(email)
	if err != nil || a.Address != email || len(email) > maxEmail {
		return "", false
	}
	_, domain, _ := strings.Cut(email, "@")
	if !strings.Contains(domain, ".") || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") || strings.HasPrefix(domain, "[") {
		return "", false
	}
	return email, true
}

// check says everything that is wrong with the credentials of a new account, at once.
func (c *credentials) check() error {
	e := &problem.Error{Code: problem.Invalid}
	email, ok := normalise(c.Email)
	if !ok {
		e.Items = append(e.Items, problem.Item{Message: "Please give a valid e-mail address.", Field: "email"})
	}
	c.Email = email
	weak, err := weakness(c.Password)
	if err != nil {
		return err
	}
	if weak != "" {
		e.Items = append(e.Items, problem.Item{Message: weak, Field: "password"})
	}
	if len(e.Items) > 0 {
		return e
	}
	return nil
}

// weakness says why a password cannot be that of an account, to people; it is empty where it can.
func weakness(password string) (string, error) {
	if n := utf8.RuneCountInString(password); n < minPassword || n > maxPassword {
		return "The password must have 8 to 256 characters.", nil
	}
	common, err := guessable.Password(password)
	if common {
		return "This is one of the most common passwords, which are tried first. Please choose another one, such as a few words that do not belong together.", nil
	}
	return "", err
}
