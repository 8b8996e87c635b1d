package local

import (
	"bytes"
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"usher.example/knative/local/activator"
	"usher.example/knative/local/build"
	"usher.example/knative/local/console"
	"usher.example/knative/local/environment"
	"usher.example/knative/local/mailbox"
	"usher.example/knative/local/plan"
	"usher.example/knative/local/process"
	"usher.example/knative/local/scale"
	"usher.example/knative/local/state"
)

// manifestsFolder is what runs when nothing else is said, below the workspace.
const manifestsFolder = "knative/overlays/local"

// system is all that runs.
type system struct {
	Settings
	out       *console.Console
	workspace string
	builder   *build.Builder
	folder    *state.Folder
	ports     *state.Ports
	spawner   *process.Spawner
	listing   *state.Processes
	doors     doors
	addresses addresses

	plan      *plan.Plan
	values    environment.Values
	binaries  map[string]string // by package
	inherited []string
	client    *http.Client // asks lasting programs whether they are ready

	store, broker, stripe *process.Supervisor // nil when no manifest asks for it
	services              map[string]*scale.Service
	activator             *activator.Activator
	pings                 sync.WaitGroup
	stopPings             context.CancelFunc
}

// Run runs the system until ctx ends, and then stops it in order. When kill is closed, it stops without order. Its errors
// are one line that says what to do; nil is an orderly stop.
func Run(ctx context.Context, kill <-chan struct{}, s Settings, out *console.Console) (err error) {
	workspace, err := build.FindWorkspace(".")
	if err != nil {
		return err
	}
	if s.Manifests == "" {
		s.Manifests = filepath.Join(workspace, filepath.FromSlash(manifestsFolder))
	}
	sys := &system{
		Settings: s, out: out, workspace: workspace, inherited: environment.Inherited(os.Environ()),
		client: &http.Client{Transport: activator.NewTransport()},
	}
	if sys.folder, err = state.Open(ctx, s.Data); err != nil {
		return unlessInterrupted(ctx, err)
	}
	defer func() { err = errors.Join(err, sys.folder.Close()) }()
	sys.listing = sys.folder.Processes(func(err error) { out.Fail("%v", err) })
	sys.spawner = process.NewSpawner(sys.listing)
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-kill:
			sys.spawner.KillAll()
		case <-ended:
		}
	}()
	begin := time.Now()
	if err = sys.start(ctx); err == nil {
		out.Say("ready after %v: %s", time.Since(begin).Round(time.Millisecond), sys.doors.url)
		<-ctx.Done()
	}
	if err = unlessInterrupted(ctx, err); err != nil {
		sys.stop()
		return err
	}
	out.Say("stopping")
	sys.stop()
	out.Say("stopped")
	return nil
}

// unlessInterrupted is err, or nil once ctx has ended: what fails because of that is no failure.
func unlessInterrupted(ctx context.Context, err error) error {
	select {
	case <-ctx.Done():
		return nil
	default:
		return err
	}
}

// start brings everything up in the order in which it is needed.
func (s *system) start(ctx context.Context) error {
	ended, err := s.folder.EndLeftovers(ctx)
	if err != nil {
		return err
	}
	if ended > 0 {
		s.out.Say("ended %d processes that an earlier run left over", ended)
	}
	if s.ports, err = s.folder.Ports(); err != nil {
		return err
	}
	if err := s.open(); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{
		s.readManifests, s.buildPrograms, s.startStore, s.runJobs, s.startOthers, s.startFunctions, s.startPings,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	front := s.activator.Public(s.public())
	if len(s.SMTP) == 0 && environment.Uses(s.plan.ConfigMaps[platform], mailFolderName) {
		front = mailbox.Handler(s.folder.Path(mailFolder), front)
		s.out.Say("mails are not sent but shown at %s%s", s.doors.url, mailbox.Path)
	}
	s.doors.lead(front)
	return nil
}

// public is the name of the Service that people reach.
func (s *system) public() string {
	for _, service := range s.plan.Services {
		if service.Public {
			return service.Name
		}
	}
	return "" // a plan without one is refused when it is read
}

const (
	// drainLimit is how long the requests of people may take that are under way when the system is being stopped.
	drainLimit = 4 * time.Second
	// functionGrace is how long functions may then take to end. What they still do is for events; one may hold an event
	// until it is due, longer than anybody waits, and is killed: the Broker delivers the event again (P5).
	functionGrace = time.Second
	// brokerGrace and storeGrace are for closing files in order; killing them loses nothing either (P6).
	brokerGrace = 10 * time.Second
	storeGrace  = 10 * time.Second
	stripeGrace = 5 * time.Second
)

// stop ends everything, what uses something before what it uses.
func (s *system) stop() {
	if s.doors.url != "" {
		s.warn(s.folder.Hold(state.Holder{PID: os.Getpid(), Address: s.doors.url, Stopping: true}))
	}
	s.doors.lead(http.HandlerFunc(activator.Stopping))
	if s.stopPings != nil {
		s.stopPings()
	}
	s.doors.drain(drainLimit)
	var closing sync.WaitGroup
	for _, service := range s.services {
		closing.Go(func() { service.Close(functionGrace) })
	}
	closing.Wait()
	s.pings.Wait()
	for _, program := range []struct {
		*process.Supervisor
		grace time.Duration
	}{{s.broker, brokerGrace}, {s.stripe, stripeGrace}, {s.store, storeGrace}} {
		if program.Supervisor != nil {
			program.Stop(program.grace)
		}
	}
	s.doors.close()
	s.listing.Close()
}

func (s *system) warn(err error) {
	if err != nil {
		s.out.Fail("%v", err)
	}
}

// logTo makes a log.Logger that writes to the console.
func logTo(out *console.Console) *log.Logger { return log.New(lineWriter{out}, "", 0) }

type lineWriter struct{ out *console.Console }

func (w lineWriter) Write(p []byte) (int, error) {
	w.out.Fail("%s", bytes.TrimRight(p, "\n"))
	return len(p), nil
}
