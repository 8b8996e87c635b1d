package stan

import (
	"fmt"
	"log/slog"
)

// serverLog turns the server's chatter into structured records. Its notices are
// of interest only when something is being looked for.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l serverLog) Debugf(format string, v ...any)  { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l serverLog) Tracef(format string, v ...any)  { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l serverLog) Warnf(format string, v ...any)   { l.log.Warn(fmt.Sprintf(format, v...)) }
func (l serverLog) Errorf(format string, v ...any)  { l.log.Warn(fmt.Sprintf(format, v...)) }

// Fatalf does not end the process: the server returns the same error to its
// caller, who says it in one line.
func (l serverLog) Fatalf(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
