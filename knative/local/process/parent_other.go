//go:build unix && !linux

package process

import "syscall"

// startThread starts programs one after the other. Where children cannot be told to die with their parent, the next
// start of the runtime ends what is left over (package state).
func startThread(starts <-chan func()) {
	for start := range starts {
		start()
	}
}

func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
