package scale

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestColdStart(t *testing.T) {
	t.Run("OneProcessForAllWhoWait", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{delay: 20 * time.Millisecond}
			s := newService(f, nil)
			defer s.Close(0)
			var answers []<-chan result
			begin := time.Now()
			for range 50 {
				answers = append(answers, acquiring(t.Context(), s))
			}
			for _, a := range answers {
				if r := <-a; r.err != nil {
					t.Fatal(r.err)
				}
			}
			if took := time.Since(begin); took != f.delay {
				t.Errorf("they waited %v, the process took %v", took, f.delay)
			}
			if launched, _ := f.count(); launched != 1 {
				t.Errorf("%d processes, want 1", launched)
			}
			synctest.Wait()
			if f.last() != "up 20ms 1" {
				t.Errorf("said %q", f.last())
			}
		})
	})
	t.Run("WarmIsAtOnce", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{delay: 20 * time.Millisecond}
			s := newService(f, nil)
			defer s.Close(0)
			must(t, s).Release()
			begin := time.Now()
			must(t, s).Release()
			if took := time.Since(begin); took != 0 {
				t.Errorf("a warm request waited %v", took)
			}
		})
	})
}

func TestFailedStart(t *testing.T) {
	t.Run("StartErrorTellsAllWhoWait", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{fail: errBroken}
			s := newService(f, nil)
			defer s.Close(0)
			a, b := acquiring(t.Context(), s), acquiring(t.Context(), s)
			for _, r := range []result{<-a, <-b} {
				var start *StartError
				if !errors.As(r.err, &start) || !errors.Is(r.err, errBroken) {
					t.Errorf("error %v, want a StartError of %v", r.err, errBroken)
				}
			}
			if _, tries := f.count(); tries != startTries {
				t.Errorf("%d tries, want %d", tries, startTries)
			}
		})
	})
	t.Run("OneFailureIsNotNoticed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{fail: errBroken, delay: time.Millisecond}
			s := newService(f, nil)
			defer s.Close(0)
			a := acquiring(t.Context(), s)
			time.Sleep(2 * time.Millisecond)
			f.set(0, nil)
			if r := <-a; r.err != nil {
				t.Error(r.err)
			}
		})
	})
	t.Run("StartsThatFailAreSpaced", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{fail: errBroken}
			s := newService(f, nil)
			defer s.Close(0)
			begin := time.Now()
			for time.Since(begin) < time.Minute {
				_, _ = s.Acquire(t.Context())
			}
			if _, tries := f.count(); tries > 20 {
				t.Errorf("%d starts in a minute", tries)
			}
		})
	})
}

func TestHold(t *testing.T) {
	t.Run("ErrHeldTooLong", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{}
			s := newService(f, func(c *Config) { c.Concurrency = 1 })
			defer s.Close(0)
			busy := must(t, s)
			defer busy.Release()
			begin := time.Now()
			if _, err := s.Acquire(t.Context()); !errors.Is(err, ErrHeldTooLong) {
				t.Errorf("error %v, want %v", err, ErrHeldTooLong)
			}
			if took := time.Since(begin); took != MaxHold {
				t.Errorf("held for %v, want %v", took, MaxHold)
			}
		})
	})
	t.Run("ErrHeldTooMany", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{delay: time.Second}
			s := newService(f, nil)
			defer s.Close(0)
			for range MaxHeld {
				acquiring(t.Context(), s)
			}
			synctest.Wait()
			if _, err := s.Acquire(t.Context()); !errors.Is(err, ErrHeldTooMany) {
				t.Errorf("error %v, want %v", err, ErrHeldTooMany)
			}
			time.Sleep(2 * time.Second)
			must(t, s)
		})
	})
	t.Run("WhoLeavesFreesTheirPlace", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{}
			s := newService(f, func(c *Config) { c.Concurrency = 1 })
			defer s.Close(0)
			busy := must(t, s)
			ctx, leave := context.WithCancel(t.Context())
			gone := acquiring(ctx, s)
			synctest.Wait()
			next := acquiring(t.Context(), s)
			leave()
			if r := <-gone; !errors.Is(r.err, context.Canceled) {
				t.Errorf("error %v, want %v", r.err, context.Canceled)
			}
			busy.Release()
			if r := <-next; r.err != nil {
				t.Error(r.err)
			}
		})
	})
}

func TestOrder(t *testing.T) {
	t.Run("FirstComeFirstServed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{}
			s := newService(f, func(c *Config) { c.Concurrency = 1 })
			defer s.Close(0)
			lease := must(t, s)
			var answers []<-chan result
			for range 5 {
				answers = append(answers, acquiring(t.Context(), s))
				synctest.Wait()
			}
			for i, a := range answers {
				lease.Release()
				synctest.Wait()
				for j, later := range answers[i+1:] {
					if !waits(later) {
						t.Fatalf("request %d was served before %d", i+1+j, i)
					}
				}
				lease = (<-a).lease
			}
		})
	})
}

func TestConcurrency(t *testing.T) {
	t.Run("NoMoreThanItsLimitEach", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{delay: time.Millisecond}
			s := newService(f, func(c *Config) { c.Concurrency, c.MaxScale = 3, 2 })
			defer s.Close(0)
			var answers []<-chan result
			for range 8 {
				answers = append(answers, acquiring(t.Context(), s))
			}
			time.Sleep(time.Second)
			at := map[string]int{}
			waiting := 0
			for _, a := range answers {
				if waits(a) {
					waiting++
					continue
				}
				at[(<-a).lease.Address()]++
			}
			if at["w1"] != 3 || at["w2"] != 3 || waiting != 2 {
				t.Errorf("requests by process %v and %d waiting; want 3, 3 and 2", at, waiting)
			}
		})
	})
	t.Run("NoMoreProcessesThanNeeded", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{delay: time.Millisecond}
			s := newService(f, func(c *Config) { c.Concurrency, c.MaxScale = 10, 5 })
			defer s.Close(0)
			for range 11 {
				acquiring(t.Context(), s)
			}
			time.Sleep(time.Second)
			if launched, _ := f.count(); launched != 2 {
				t.Errorf("%d processes for 11 requests of 10 each, want 2", launched)
			}
		})
	})
}

func TestScaleDown(t *testing.T) {
	t.Run("IdleForItsWindow", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{}
			s := newService(f, nil)
			defer s.Close(0)
			must(t, s).Release()
			time.Sleep(s.Window - time.Millisecond)
			must(t, s).Release() // begins the window anew
			time.Sleep(s.Window - time.Millisecond)
			synctest.Wait()
			select {
			case <-f.worker(0).Done():
				t.Fatal("it was stopped before its window was over")
			default:
			}
			time.Sleep(time.Millisecond)
			synctest.Wait()
			<-f.worker(0).Done()
			if f.last() != "down 0" {
				t.Errorf("said %q", f.last())
			}
			if must(t, s).Address() != "w2" {
				t.Error("the next request did not get a new process")
			}
		})
	})
	t.Run("NotWhileARequestIsUnderWay", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{}
			s := newService(f, nil)
			defer s.Close(0)
			l := must(t, s)
			time.Sleep(10 * s.Window)
			select {
			case <-f.worker(0).Done():
				t.Fatal("it was stopped under a request")
			default:
			}
			l.Release()
			l.Release() // twice does no harm
			time.Sleep(s.Window)
			synctest.Wait()
			<-f.worker(0).Done()
		})
	})
	t.Run("NotByATimerThatARequestOvertook", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{}
			s := newService(f, nil)
			defer s.Close(0)
			must(t, s).Release()
			in := s.instances[0]
			overtaken := in.idle
			must(t, s).Release()
			s.retire(in, &overtaken) // it went off before the request, and got the lock after it
			if len(s.instances) != 1 {
				t.Error("a process that was just busy was stopped")
			}
		})
	})
}

func TestMinScale(t *testing.T) {
	t.Run("MinScaleStays", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{}
			s := newService(f, func(c *Config) { c.Concurrency, c.MinScale, c.MaxScale = 1, 1, 3 })
			defer s.Close(0)
			s.Keep()
			a, b := must(t, s), must(t, s)
			a.Release()
			b.Release()
			time.Sleep(2 * s.Window)
			synctest.Wait()
			if len(s.instances) != 1 {
				t.Errorf("%d processes, want 1", len(s.instances))
			}
		})
	})
}

func TestDeath(t *testing.T) {
	t.Run("TheNextRequestStartsItAgain", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{}
			s := newService(f, nil)
			defer s.Close(0)
			l := must(t, s)
			f.worker(0).die()
			synctest.Wait()
			if f.last() != "died w1 1" {
				t.Errorf("said %q", f.last())
			}
			l.Release()
			if must(t, s).Address() != "w2" {
				t.Error("a request went to a dead process")
			}
		})
	})
	t.Run("ThoseWhoWaitGetAnother", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{}
			s := newService(f, func(c *Config) { c.Concurrency = 1 })
			defer s.Close(0)
			must(t, s)
			next := acquiring(t.Context(), s)
			synctest.Wait()
			f.worker(0).die()
			if r := <-next; r.err != nil || r.lease.Address() != "w2" {
				t.Errorf("got %+v, want a place in w2", r)
			}
		})
	})
}

func TestLetDown(t *testing.T) {
	t.Run("LostIsNotUsedAgainIfItHasEnded", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{}
			s := newService(f, nil)
			defer s.Close(0)
			l := must(t, s)
			time.AfterFunc(lostWait/2, f.worker(0).die)
			l.Lost()
			if must(t, s).Address() != "w2" {
				t.Error("a request went to a dead process")
			}
			synctest.Wait()
			if !slices.Contains(f.said, "died w1 1") {
				t.Errorf("said %q", f.said)
			}
		})
	})
	t.Run("LostStaysIfItLives", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{}
			s := newService(f, nil)
			defer s.Close(0)
			must(t, s).Lost()
			if must(t, s).Address() != "w1" {
				t.Error("a process that lives was taken out of service")
			}
		})
	})
	t.Run("BrokenIsNotUsedAgain", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{}
			s := newService(f, nil)
			defer s.Close(0)
			must(t, s).Broken()
			if must(t, s).Address() != "w2" {
				t.Error("a request went to a process that accepts no connection")
			}
			<-f.worker(0).Done()
		})
	})
	t.Run("KeptOnesComeBackButNotInALoop", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{}
			s := newService(f, func(c *Config) { c.MinScale = 1 })
			defer s.Close(0)
			s.Keep()
			synctest.Wait()
			begin := time.Now()
			for time.Since(begin) < 10*time.Second {
				launched, _ := f.count()
				f.worker(launched - 1).die()
				time.Sleep(10 * time.Millisecond)
				synctest.Wait()
			}
			if launched, _ := f.count(); launched < 2 || launched > 110 {
				t.Errorf("%d starts in 10 s of a process that ends at once", launched)
			}
		})
	})
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		s := newService(f, func(c *Config) { c.Concurrency = 1 })
		must(t, s)
		waiting := acquiring(t.Context(), s)
		synctest.Wait()
		s.Close(time.Second)
		if r := <-waiting; !errors.Is(r.err, ErrStopping) {
			t.Errorf("error %v, want %v", r.err, ErrStopping)
		}
		<-f.worker(0).Done()
		if _, err := s.Acquire(t.Context()); !errors.Is(err, ErrStopping) {
			t.Errorf("error %v, want %v", err, ErrStopping)
		}
	})
	t.Run("EndsAStartUnderWay", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{delay: 10 * time.Second}
			s := newService(f, nil)
			waiting := acquiring(t.Context(), s)
			synctest.Wait()
			begin := time.Now()
			s.Close(time.Second)
			if took := time.Since(begin); took > 0 {
				t.Errorf("it waited %v for a process that is not needed any more", took)
			}
			if r := <-waiting; !errors.Is(r.err, ErrStopping) {
				t.Errorf("error %v, want %v", r.err, ErrStopping)
			}
		})
	})
}
