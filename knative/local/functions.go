package local

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"usher.example/knative/local/activator"
	"usher.example/knative/local/environment"
	"usher.example/knative/local/ping"
	"usher.example/knative/local/plan"
	"usher.example/knative/local/process"
	"usher.example/knative/local/scale"
)

// The kinds of processes that manifests name, as the list of processes shows them.
const (
	kindFunction = "function"
	kindJob      = "job"
)

const (
	// jobDeadline bounds a Job that states no bound of its own: nothing is served before it is done.
	jobDeadline = 2 * time.Minute
	// jobPause to lastJobPause are the distances between a Job's tries.
	jobPause     = 250 * time.Millisecond
	lastJobPause = 5 * time.Second
	// jobGrace is for a Job that is not to go on.
	jobGrace = 2 * time.Second
)

// runJobs runs every Job to its end, one after the other.
func (s *system) runJobs(ctx context.Context) error {
	for _, job := range s.plan.Jobs {
		if err := s.runJob(ctx, job); err != nil {
			return fmt.Errorf("Job %s: %w", job.Name, err)
		}
	}
	return nil
}

func (s *system) runJob(ctx context.Context, job plan.Job) error {
	if job.Deadline == 0 {
		job.Deadline = jobDeadline
	}
	ctx, cancel := context.WithTimeoutCause(ctx, job.Deadline, fmt.Errorf("it took longer than %v", job.Deadline))
	defer cancel()
	pause := jobPause
	for try := 0; ; try++ {
		err := s.tryJob(ctx, job)
		if err == nil || ctx.Err() != nil || try >= job.Retries {
			return err
		}
		s.out.Fail("%s failed (%v); trying again", job.Name, err)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
		pause = min(2*pause, lastJobPause)
	}
}

func (s *system) tryJob(ctx context.Context, job plan.Job) error {
	env, err := environment.Of(&job.Container, s.values)
	if err != nil {
		return err
	}
	p, err := s.spawner.Start(process.Spec{
		Name: job.Name, Kind: kindJob, Path: s.binaries[job.Package], Args: job.Args, Env: slices.Concat(s.inherited, env),
		Line: func(line string) { s.out.Line(job.Name, line) },
	})
	if err != nil {
		return err
	}
	err = p.Wait(ctx, jobGrace)
	if err != nil && ctx.Err() == nil {
		return p.Failure()
	}
	return err
}

// startFunctions makes every Service reachable. None of their processes runs yet, but those that always do.
func (s *system) startFunctions(context.Context) error {
	s.services = map[string]*scale.Service{}
	targets := map[string]*activator.Target{}
	for _, service := range s.plan.Services {
		env, err := environment.Of(&service.Container, s.values)
		if err != nil {
			return fmt.Errorf("Service %s: %w", service.Name, err)
		}
		f := &function{system: s, Service: service, env: slices.Concat(s.inherited, []string{"HOST=" + defaultHost}, env)}
		window := defaultIdle
		switch {
		case s.Idle > 0:
			window = s.Idle
		case service.Window > 0:
			window = service.Window
		}
		s.services[service.Name] = scale.New(scale.Config{
			Name: service.Name, Concurrency: service.Concurrency, MinScale: service.MinScale, MaxScale: service.MaxScale,
			Window: window, Launch: f.launch, Observe: f,
		})
		targets[service.Name] = &activator.Target{
			Service: s.services[service.Name], Timeout: service.Timeout, ReadLimit: activator.ReadLimit,
		}
	}
	s.activator = activator.New(targets, logTo(s.out))
	s.doors.leadInside(s.activator.Internal())
	for _, service := range s.services {
		service.Keep()
	}
	return nil
}

// function starts the processes of one Service, and tells what happens to them.
type function struct {
	*system
	plan.Service
	env []string
}

// worker is a ready process of a function.
type worker struct{ *process.Process }

func (w worker) Address() string { return w.Process.Address }

// launch starts a process and returns when it is ready.
func (f *function) launch(ctx context.Context) (scale.Worker, error) {
	address, err := f.ports.Any()
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	name := f.Service.Name
	p, err := f.spawner.Start(process.Spec{
		Name: name, Kind: kindFunction, Path: f.binaries[f.Package], Args: f.Args, Address: address,
		Env: slices.Concat(f.env, []string{
			"PORT=" + port, "K_SERVICE=" + name, "K_CONFIGURATION=" + name, "K_REVISION=" + name + "-00001",
		}),
		Line: func(line string) { f.out.Line(name, line) },
	})
	if err != nil {
		return nil, err
	}
	if err := p.Ready(ctx, f.activator.Client(), f.ReadinessPath); err != nil {
		p.Kill()
		<-p.Done()
		return nil, err
	}
	go func() {
		<-p.Done()
		f.rest()
	}()
	return worker{p}, nil
}

// Up tells how long a request had to wait for the process.
func (f *function) Up(name string, took time.Duration, processes int) {
	f.out.Say("%s is up after %v%s", name, took.Round(100*time.Microsecond), plural(processes))
}

// Down tells that nobody needed it.
func (f *function) Down(name string, processes int) {
	if processes == 0 {
		f.out.Say("%s is idle and scaled to zero", name)
		return
	}
	f.out.Say("%s is idle and scaled down%s", name, plural(processes))
}

// rest gives back the memory of a busy time once every function is at zero: nothing is left to do for it.
func (s *system) rest() {
	for _, e := range s.listing.List() {
		if e.Kind == kindFunction {
			return
		}
	}
	debug.FreeOSMemory()
}

// Died tells that a process ended though nobody asked it to.
func (f *function) Died(name string, w scale.Worker, requests int) {
	why := "it ended"
	if w, ok := w.(worker); ok {
		why = reason(w.Process)
	}
	f.out.Fail("%s died (%s) with %d requests under way; the next one starts it again", name, why, requests)
}

// Failed tells that a process did not start.
func (f *function) Failed(_ string, err error) { f.out.Fail("%v", err) }

func plural(processes int) string {
	if processes == 1 {
		return ""
	}
	return fmt.Sprintf(" (%d processes)", processes)
}

// pingTimeout bounds the whole of one delivery to a sink; longer than any function may take there.
const pingTimeout = 5 * time.Minute

// startPings starts what sends events by the clock.
func (s *system) startPings(context.Context) error {
	ctx, stop := context.WithCancel(context.Background())
	s.stopPings = stop
	client := &http.Client{Transport: s.client.Transport, Timeout: pingTimeout}
	for _, p := range s.plan.Pings {
		source, err := ping.New(p, client, func(err error) { s.out.Fail("%v", err) })
		if err != nil {
			return err
		}
		s.pings.Go(func() { source.Run(ctx) })
	}
	return nil
}
