package simulation

import (
	"iter"
	"sync"
)

// coroutine runs one job after another; a job gives way by yield, and next lets it go on. Its stack has grown to what jobs
// need, so that the next one starts at once.
type coroutine struct {
	job     func()
	next    func() (struct{}, bool)
	stop    func()
	yield   func(struct{}) bool
	stopped bool
}

// idle are coroutines without a job.
var idle struct {
	sync.Mutex
	list []*coroutine
}

// maxIdle bounds how many are kept.
const maxIdle = 64

func newCoroutine() *coroutine {
	idle.Lock()
	defer idle.Unlock()
	if n := len(idle.list); n > 0 {
		c := idle.list[n-1]
		idle.list = idle.list[:n-1]
		return c
	}
	c := &coroutine{}
	c.next, c.stop = iter.Pull(func(yield func(struct{}) bool) {
		c.yield = yield
		for {
			c.job()
			if c.stopped || !yield(struct{}{}) {
				return
			}
		}
	})
	return c
}

// free keeps a coroutine whose job is done for the next one.
func (c *coroutine) free() {
	c.job = nil
	idle.Lock()
	defer idle.Unlock()
	if len(idle.list) < maxIdle {
		idle.list = append(idle.list, c)
		return
	}
	c.end()
}

// end unwinds a job that is not done.
func (c *coroutine) end() {
	c.stopped = true
	c.stop()
}
