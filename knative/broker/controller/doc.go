// Package controller is the Broker's control plane: it turns Brokers of the class
// NatsStreaming and their Triggers into the contract that the data plane follows,
// and tells in their conditions how far that has come.
//
// It is the only part that talks to Kubernetes. What it writes is one ConfigMap;
// what it reads back is each process's own word, over HTTP: a Broker is ready once
// every ingress accepts for it, a Trigger once every dispatcher has subscribed it
// at its generation (C6).
package controller

// Class is the Broker class this control plane acts on; all others it leaves alone.
const Class = "NatsStreaming"

// Annotations of a Trigger.
const (
	// OrderedAnnotation "true" delivers events of the same partitionkey in order.
	OrderedAnnotation = "usher.example/ordered"
	// ParallelismAnnotation is how many events may be with the subscriber at once.
	ParallelismAnnotation = "usher.example/parallelism"
)
