package dispatcher

import (
	"time"

	"usher.example/knative/broker/delivery"
	"usher.example/knative/broker/store"
)

// storeRetry is how long to wait before storing something again when the store
// did not take it. The delivery cannot go on without.
const storeRetry = 250 * time.Millisecond

// job is one record on its way through attempts.
type job struct {
	flight *flight
	// attempt counts the attempts made at the present destination.
	attempt int
	// failure is set once the subscriber was given up and the dead letter sink is
	// the destination.
	failure *store.Failure
	// began is when this process took the job up; holding ends holdBudget later.
	began time.Time
}

// deliver is whether the record may be acknowledged: it was delivered, or what
// shall become of it has been stored. False leaves it to be delivered again.
func (t *trigger) deliver(j *job) bool {
	for {
		cfg := t.cfg.Load()
		if cfg.problem != nil {
			return false
		}
		out, ok := t.attempt(cfg, j)
		if !ok {
			return false
		}
		if out.Delivered {
			kept, err := t.keepReply(cfg, j, out)
			if kept {
				t.settled(cfg, delivered(j))
				return true
			}
			if err == nil {
				return false
			}
			if !permanent(err) {
				// The reply is part of the delivery (D8): without it the whole delivery is
				// made again, once the store is back. The subscriber did its part, so no
				// attempt is counted.
				if !t.awaitStore() {
					return false
				}
				continue
			}
			out = delivery.Outcome{Status: out.Status, Reason: "the reply cannot be kept: " + err.Error()}
		}
		j.attempt++
		if !out.Retriable || j.attempt > cfg.policy.Retries {
			if done, ok := t.giveUp(cfg, j, out); done {
				return ok
			}
			continue
		}
		if done, ok := t.backOff(cfg, j, out); done {
			return ok
		}
	}
}

func delivered(j *job) string {
	if j.failure != nil {
		return "deadlettered"
	}
	return "delivered"
}

// attempt sends the record once, when a slot is free. Not ok means that the
// Trigger or the process ended meanwhile.
func (t *trigger) attempt(cfg *config, j *job) (delivery.Outcome, bool) {
	if !t.slots.acquire(t.waits) {
		return delivery.Outcome{}, false
	}
	defer t.slots.release()
	if j.attempt == 0 && j.failure == nil {
		t.d.Observer.Processed(cfg.broker, cfg.Name, t.d.Now().Sub(j.flight.key.stored))
	}
	req := delivery.Request{URL: cfg.Subscriber, Audience: cfg.Audience, Headers: j.flight.record.Headers, Policy: cfg.policy, WantReply: true}
	e := j.flight.record.Event.Clone()
	hideTTL(&e)
	if j.failure != nil {
		req.URL, req.Audience, req.WantReply = cfg.DeadLetterSink, "", false
		explain(&e, j.failure)
	}
	req.Event = &e
	out := t.d.Sender.Send(t.ctx, req)
	if t.ctx.Err() != nil && !out.Delivered {
		return out, false
	}
	t.d.Observer.Dispatched(cfg.broker, cfg.Name, out.Status, out.Took)
	return out, true
}

// backOff waits for the next attempt: here if that is soon, else through the
// retry lane. Order can only be kept by waiting here. Done means that the job
// ended, and ok that it may be acknowledged.
func (t *trigger) backOff(cfg *config, j *job, out delivery.Outcome) (done, ok bool) {
	now := t.d.Now()
	wait := cfg.policy.Backoff(j.attempt, out.RetryAfter)
	t.d.Log.Debug("delivery failed, trying again", "broker", cfg.broker, "trigger", cfg.Name,
		"event", j.flight.record.Event.ID(), "attempt", j.attempt, "reason", out.Reason, "wait", wait)
	if cfg.Ordered || (wait <= holdLongest && now.Sub(j.began)+wait <= holdBudget) {
		if !t.sleep(wait) {
			return true, false
		}
		return false, false
	}
	record := *j.flight.record
	record.Retry = &store.Retry{Trigger: cfg.UID, Attempt: j.attempt, NotBefore: now.Add(wait), Failure: j.failure}
	if !t.appendUntilKept(cfg.channel+store.RetrySuffix, &record) {
		return true, false
	}
	t.settled(cfg, "retried")
	return true, true
}

// giveUp turns to the dead letter sink, or parks what even that did not take.
// Not done means that the job goes on, with the sink as its destination.
func (t *trigger) giveUp(cfg *config, j *job, out delivery.Outcome) (done, ok bool) {
	failure := &store.Failure{
		Destination: cfg.Subscriber, Code: out.Status, Body: out.Body, Reason: out.Reason, Attempts: j.attempt,
	}
	t.d.Log.Warn("delivery given up", "broker", cfg.broker, "trigger", cfg.Name, "sink", j.failure != nil,
		"event", j.flight.record.Event.ID(), "attempts", j.attempt, "reason", out.Reason)
	if j.failure == nil && cfg.DeadLetterSink != "" {
		j.failure, j.attempt = failure, 0
		return false, false
	}
	if j.failure != nil {
		failure.Destination = cfg.DeadLetterSink
	}
	return true, t.park(cfg, j, failure)
}

// awaitStore waits a little, and then until the store is live. False means that the
// Trigger or the process ended first.
func (t *trigger) awaitStore() bool {
	for {
		if !t.sleep(storeRetry) {
			return false
		}
		if t.d.Store.Status().Live {
			return true
		}
	}
}

// appendUntilKept stores the record, trying on while the store is away. False
// means that the Trigger or the process ended first.
func (t *trigger) appendUntilKept(channel string, r *store.Record) bool {
	for {
		err := t.d.Store.Append(t.ctx, channel, r)
		if err == nil {
			return true
		}
		if t.ctx.Err() != nil {
			return false
		}
		if permanent(err) {
			t.d.Log.Error("record not stored", "channel", channel, "event", r.Event.ID(), "error", err)
			return false
		}
		if !t.awaitStore() {
			return false
		}
	}
}
