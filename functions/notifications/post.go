package notifications

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	gomail "github.com/wneessen/go-mail"

	"usher.example/shared/function"
)

const (
	// defaultPort is that of mail submission with STARTTLS (RFC 6409).
	defaultPort = 587
	// connTimeout bounds each exchange with the mail server.
	connTimeout = 8 * time.Second
	// rest is how long a mail server that did not answer is left alone: one order has waited for it, the next need not.
	rest = 20 * time.Second
)

// Message is a mail ready to be sent.
type Message struct {
	Kind       Kind
	OrderID    string // or, about an account, its id and epoch
	To         string // address
	Subject    string // one line
	Text, Rich string // the same twice, as plain text and as HTML
}

// Post sends mail.
type Post interface {
	// Send sends messages, and says for each whether it was accepted: nil, ErrNeverAccepted, or another error where trying
	// again may help.
	Send(ctx context.Context, messages []Message) []error
}

// ErrNeverAccepted is returned for a mail that is refused for good, such as one to an address that does not exist.
var ErrNeverAccepted = errors.New("the mail server refuses it for good")

// postFromEnv finds out how mail is sent: SMTP_HOST names a mail server, with SMTP_PORT (587), SMTP_USER, SMTP_PASSWORD,
// SMTP_FROM and SMTP_TLS; without one, MAIL_FOLDER names a folder that mails are written to, for development. nil where
// neither is set.
func postFromEnv(env *function.Env) (Post, error) {
	if env.Getenv("SMTP_HOST") != "" {
		return newSMTP(env)
	}
	if dir := env.Getenv("MAIL_FOLDER"); dir != "" {
		return folder{dir, env.Now}, nil
	}
	return nil, nil
}

// smtp is a mail server.
type smtp struct {
	client *gomail.Client
	from   *mail.Address
	now    func() time.Time
	silent atomic.Int64 // until when it is left alone, in Unix nanoseconds
}

// newSMTP reads the settings of the mail server. SMTP_TLS says how the connection is protected: starttls (the default),
// tls from the first byte (the default at port 465), or none, which sends no password.
func newSMTP(env *function.Env) (*smtp, error) {
	from, err := parseFrom(env.Getenv("SMTP_FROM"))
	if err != nil {
		return nil, err
	}
	host, port := env.Getenv("SMTP_HOST"), defaultPort
	if s := env.Getenv("SMTP_PORT"); s != "" {
		n, err := strconv.ParseUint(s, 10, 16)
		if err != nil || n == 0 {
			return nil, fmt.Errorf("SMTP_PORT: %q is not a port", s)
		}
		port = int(n)
	}
	options := []gomail.Option{
		gomail.WithPort(port), gomail.WithTimeout(connTimeout), gomail.WithHELO(domainOf(from.Address)),
		gomail.WithTLSConfig(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}),
	}
	protection := env.Getenv("SMTP_TLS")
	if protection == "" {
		protection = "starttls"
		if port == 465 { // submissions, RFC 8314
			protection = "tls"
		}
	}
	user, password := env.Getenv("SMTP_USER"), env.Getenv("SMTP_PASSWORD")
	switch protection {
	case "starttls":
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case "tls":
		options = append(options, gomail.WithSSL())
	case "none":
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
		if password != "" {
			return nil, errors.New("SMTP_TLS: with none the password would be sent in the clear; use starttls or tls, or unset SMTP_PASSWORD")
		}
	default:
		return nil, fmt.Errorf("SMTP_TLS: %q is none of starttls, tls, none", protection)
	}
	if user != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(user), gomail.WithPassword(password))
	}
	client, err := gomail.NewClient(host, options...)
	if err != nil {
		return nil, fmt.Errorf("SMTP_HOST: %w", err)
	}
	return &smtp{client: client, from: from, now: env.Now}, nil
}

func parseFrom(setting string) (*mail.Address, error) {
	from, err := mail.ParseAddress(setting)
	if err != nil {
		return nil, fmt.Errorf("SMTP_FROM: %q is not an address such as Usher <tickets@example.com>", setting)
	}
	return from, nil
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// Send implements Post: all messages go through one connection.
func (s *smtp) Send(ctx context.Context, messages []Message) []error {
	errs := make([]error, len(messages))
	if len(messages) == 0 {
		return errs
	}
	all := func(err error) []error {
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	if s.now().UnixNano() < s.silent.Load() {
		return all(errors.New("the mail server did not answer a moment ago"))
	}
	connection, err := s.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		s.silent.Store(s.now().Add(rest).UnixNano())
		return all(fmt.Errorf("reach the mail server: %w", err))
	}
	defer func() { _ = s.client.CloseWithSMTPClient(connection) }() // what was accepted is accepted
	for i, m := range messages {
		composed, err := compose(m, s.from, s.now())
		if err != nil {
			errs[i] = fmt.Errorf("%w: %w", ErrNeverAccepted, err)
			continue
		}
		if err := s.client.SendWithSMTPClient(connection, composed); err != nil {
			errs[i] = judge(err)
		}
	}
	return errs
}

// judge says whether a mail will never be accepted: the server refuses its receiver for good. Anything else may be mended,
// such as a setting of ours.
func judge(err error) error {
	var sending *gomail.SendError
	var network net.Error
	if errors.As(err, &sending) && sending.Reason == gomail.ErrSMTPRcptTo && !sending.IsTemp() && !errors.As(err, &network) {
		return fmt.Errorf("%w: %w", ErrNeverAccepted, err)
	}
	return err
}

// compose makes the mail of a message. Headers are encoded by go-mail; that none of them can hold a line break is seen to by
// the writer of the message and again here.
func compose(m Message, from *mail.Address, now time.Time) (*gomail.Msg, error) {
	c := gomail.NewMsg()
	c.FromMailAddress(from)
	if strings.ContainsFunc(m.To, isControl) {
		return nil, fmt.Errorf("the address %q has a control character", m.To)
	}
	if err := c.To(m.To); err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	c.Subject(oneLine(m.Subject))
	c.SetMessageIDWithValue(fmt.Sprintf("%s.%s@%s", m.OrderID, m.Kind, domainOf(from.Address)))
	c.SetDateWithValue(now)
	c.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's holiday notice is to answer
	c.SetBodyString(gomail.TypeTextPlain, m.Text)
	c.AddAlternativeString(gomail.TypeTextHTML, m.Rich)
	return c, nil
}
