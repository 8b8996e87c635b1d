package notifications

import (
	"context"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"time"
)

// localSender is who mails are from that are only written to a folder.
var localSender = &mail.Address{Name: "Usher", Address: "usher@localhost"}

// folder is a Post that writes each mail to a file, for development.
type folder struct {
	dir string
	now func() time.Time
}

// Send implements Post. Names sort by time, and each sending makes a file of its own.
func (f folder) Send(_ context.Context, messages []Message) []error {
	errs := make([]error, len(messages))
	for i, m := range messages {
		errs[i] = f.write(m)
	}
	return errs
}

func (f folder) write(m Message) (err error) {
	composed, err := compose(m, localSender, f.now())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNeverAccepted, err)
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return fmt.Errorf("MAIL_FOLDER: %w", err)
	}
	t, err := os.CreateTemp(f.dir, ".mail-*") // a reader sees all of a mail or none
	if err != nil {
		return fmt.Errorf("MAIL_FOLDER: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(t.Name())
		}
	}()
	_, err = composed.WriteTo(t)
	if closed := t.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("MAIL_FOLDER: %w", err)
	}
	name := fmt.Sprintf("%s-%s-%s.eml", f.now().UTC().Format("20060102T150405.000000000"), m.Kind, m.OrderID)
	if err := os.Rename(t.Name(), filepath.Join(f.dir, name)); err != nil {
		return fmt.Errorf("MAIL_FOLDER: %w", err)
	}
	return nil
}
