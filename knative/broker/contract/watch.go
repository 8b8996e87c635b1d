package contract

import (
	"bytes"
	"context"
	"log/slog"
	"time"
)

// DefaultPoll is how often a watched file is looked at. Content is compared, not
// inode or time, because a ConfigMap is swapped under a symbolic link.
const DefaultPoll = time.Second

// Watch calls apply with the contract at path, now and whenever its content
// changes, until ctx ends. A missing or invalid document is logged once per
// change and the last good one stays in force: a bad write must not take the
// Broker down. poll ≤ 0 takes DefaultPoll.
func Watch(ctx context.Context, path string, poll time.Duration, log *slog.Logger, apply func(*Contract)) {
	if poll <= 0 {
		poll = DefaultPoll
	}
	var seen []byte
	var failure string
	look := func() {
		data, err := readBounded(path)
		if err == nil {
			if seen != nil && bytes.Equal(data, seen) {
				return
			}
			var c *Contract
			if c, err = Parse(data); err == nil {
				seen, failure = data, ""
				apply(c)
				return
			}
		}
		if err.Error() != failure {
			failure = err.Error()
			log.Error("contract not usable, the last good one stays in force", "path", path, "error", err)
		}
	}
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		look()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
