package e2e

import (
	"io"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// mails are those that were written to the data folder, each as what it says and whom it is to: "You bought: Front row to ann@example.com".
func (s *system) mails() (list []string) {
	s.t.Helper()
	paths, err := filepath.Glob(filepath.Join(s.data, "mail", "*.eml"))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, path := range paths {
		m := s.mail(path)
		list = append(list, m.Header.Get("Subject")+" to "+strings.Trim(m.Header.Get("To"), "<>"))
	}
	slices.Sort(list)
	return list
}

func (s *system) mail(path string) *mail.Message {
	s.t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	m, err := mail.ReadMessage(strings.NewReader(string(content)))
	if err != nil {
		s.t.Fatalf("%v in %s", err, content)
	}
	return m
}

// text is what a mail says, as text.
func (s *system) text(m *mail.Message) string {
	s.t.Helper()
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// Buyer and seller are told what became of an order, and owners of a changed password: each mail arrives once, also when its event comes again.
func TestMail(t *testing.T) {
	t.Parallel()
	s := start(t)
	seller, buyer, operator := s.person("seller"), s.person("buyer"), s.person("operator")
	s.operator(operator)

	buyer.must(http.StatusOK, buyer.do("POST", "/api/users/password", map[string]string{"current": password, "new": "another " + password}), nil)
	dropped := buyer.orders(seller.sells("Dropped", "1.00").ID)
	buyer.must(http.StatusNoContent, buyer.do("DELETE", "/api/orders/"+dropped.ID, nil), nil)
	o := buyer.orders(seller.sells("Front row", "42.00").ID)
	buyer.pays(o.ID)
	buyer.becomes(o.ID, "complete")
	within(t, patience, "it is refunded", func() bool { // 409 until it is captured
		return operator.do("POST", "/api/payments/"+o.ID+"/refund", nil).status == http.StatusOK
	})
	want := []string{
		"Order cancelled: Dropped to " + buyer.email,
		"Refunded: Front row to " + buyer.email,
		"Sale refunded: Front row to " + seller.email,
		"Sold: Front row to " + seller.email,
		"You bought: Front row to " + buyer.email,
		"Your password was changed to " + buyer.email,
	}
	slices.Sort(want)
	eventually(t, "all mails are there", func() bool { return len(s.mails()) >= len(want) })
	s.settle()
	if got := s.mails(); !slices.Equal(got, want) {
		t.Errorf("mails\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	paths, _ := filepath.Glob(filepath.Join(s.data, "mail", "*-bought-*.eml"))
	if len(paths) != 1 {
		t.Fatalf("files %v", paths)
	}
	text := s.text(s.mail(paths[0]))
	for _, part := range []string{"42.00 USD", s.url + "/orders/" + o.ID, "Front row"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
}

// The page of mails is for this machine, and shows what sellers write as text.
func TestMailPage(t *testing.T) {
	t.Parallel()
	s := start(t)
	seller, buyer := s.person("seller"), s.person("buyer")
	o := buyer.orders(seller.sells("<script>alert(1)</script>", "1.00").ID)
	buyer.must(http.StatusNoContent, buyer.do("DELETE", "/api/orders/"+o.ID, nil), nil)
	var page answer
	eventually(t, "the mail is listed", func() bool {
		page = s.stranger().do("GET", "/_mail", nil)
		return strings.Contains(string(page.body), buyer.email)
	})
	if page.status != http.StatusOK || strings.Contains(string(page.body), "<script>") || !strings.Contains(string(page.body), "&lt;script&gt;") {
		t.Errorf("%d: %s", page.status, page.body)
	}
	if !strings.Contains(page.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("policy %q", page.header.Get("Content-Security-Policy"))
	}
	paths, err := filepath.Glob(filepath.Join(s.data, "mail", "*.eml"))
	if err != nil || len(paths) != 1 {
		t.Fatalf("files %v, %v", paths, err)
	}
	one := s.stranger().do("GET", "/_mail/"+filepath.Base(paths[0]), nil)
	if one.status != http.StatusOK || !strings.Contains(string(one.body), o.ID) {
		t.Errorf("%d: %s", one.status, one.body)
	}
}

// Who has not paid is reminded once, and not who has.
func TestReminder(t *testing.T) {
	t.Parallel()
	s := start(t, "ORDER_TTL=6m")
	seller, buyer, prompt := s.person("seller"), s.person("buyer"), s.person("prompt")
	paid := prompt.orders(seller.sells("Paid", "1.00").ID)
	prompt.pays(paid.ID)
	prompt.becomes(paid.ID, "complete")
	buyer.orders(seller.sells("Front row", "42.00").ID)
	reminders := func() (list []string) {
		for _, m := range s.mails() {
			if strings.HasPrefix(m, "Pay soon: ") {
				list = append(list, m)
			}
		}
		return list
	}
	within(t, 150*time.Second, "the reminder", func() bool { return len(reminders()) > 0 }) // a minute until it is due, and another until the ping
	s.settle()
	if got, want := reminders(), []string{"Pay soon: Front row to " + buyer.email}; !slices.Equal(got, want) {
		t.Errorf("reminders %v, want %v", got, want)
	}
}

// A mail server that is not there holds up nothing.
func TestMailServerIsAway(t *testing.T) {
	t.Parallel()
	s := start(t, "SMTP_HOST=127.0.0.1", "SMTP_PORT=1", "SMTP_FROM=tickets@example.com", "SMTP_TLS=none")
	seller, buyer := s.person("seller"), s.person("buyer")
	for range 3 {
		o := buyer.orders(seller.sells("Front row", "42.00").ID)
		buyer.pays(o.ID)
		buyer.becomes(o.ID, "complete")
	}
	if got := s.mails(); len(got) > 0 {
		t.Errorf("mails %v are in the folder though there is a mail server", got)
	}
}
