package stan

import (
	"fmt"
	"log/slog"
	"sync/atomic"
)

// serverLog turns the server's chatter into structured records. Its notices are
// of interest only when something is being looked for.
type serverLog struct {
	log *slog.Logger
	// started is false while files are being opened: what is wrong with them comes
	// back as one error, and the dump that goes with it shows people's data.
	started *atomic.Bool
}

func (l serverLog) warn(text string) {
	if l.started.Load() {
		l.log.Warn(text)
		return
	}
	l.log.Debug(text)
}

func (l serverLog) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l serverLog) Debugf(format string, v ...any)  { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l serverLog) Tracef(format string, v ...any)  { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l serverLog) Warnf(format string, v ...any)   { l.warn(fmt.Sprintf(format, v...)) }
func (l serverLog) Errorf(format string, v ...any)  { l.warn(fmt.Sprintf(format, v...)) }

// Fatalf does not end the process: the server returns the same error to its
// caller, who says it in one line.
func (l serverLog) Fatalf(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
