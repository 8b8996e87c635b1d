package process

import (
	"runtime"
	"syscall"
)

// startThread starts everything from one thread that lives as long as the program: Linux ends a child when the *thread*
// that started it dies, and Go ends threads as it likes.
func startThread(starts <-chan func()) {
	runtime.LockOSThread()
	for start := range starts {
		start()
	}
}

func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
