// Package plan is what the local runtime takes from the manifests: plain values, without Kubernetes' types.
//
// The types of Kubernetes and Knative make a binary of 70 MB that holds 60 MB resident while it does nothing. So one
// short-lived command reads the manifests and prints a Plan as JSON, and the runtime, which stays, reads just that.
package plan

import "time"

// Plan is everything that is to run.
type Plan struct {
	Services []Service `json:"services"`
	Jobs     []Job     `json:"jobs,omitempty"`
	Pings    []Ping    `json:"pings,omitempty"`
	// Brokers are named <namespace>/<name>. What they deliver to whom is in the contract, not here.
	Brokers []string `json:"brokers,omitempty"`
	// ConfigMaps and Secrets are those that manifests state, by name.
	ConfigMaps map[string]map[string]string `json:"configMaps,omitempty"`
	Secrets    map[string]map[string]string `json:"secrets,omitempty"`
	// Ignored names what has no meaning on one machine, as Kind/name.
	Ignored []string `json:"ignored,omitempty"`
}

// Container is a program and its environment.
type Container struct {
	// Package is the import path of the program's main package.
	Package string    `json:"package"`
	Args    []string  `json:"args,omitempty"`
	Env     []Env     `json:"env,omitempty"`
	EnvFrom []EnvFrom `json:"envFrom,omitempty"`
}

// Env is one variable: a value, or a key of a ConfigMap or a Secret.
type Env struct {
	Name         string `json:"name"`
	Value        string `json:"value,omitempty"`
	ConfigMapKey *Key   `json:"configMapKey,omitempty"`
	SecretKey    *Key   `json:"secretKey,omitempty"`
}

// Key is one value of a ConfigMap or a Secret.
type Key struct {
	Name string `json:"name"`
	Key  string `json:"key"`
	// Optional means that the variable is left out when the value is missing.
	Optional bool `json:"optional,omitempty"`
}

// EnvFrom is all values of a ConfigMap or of a Secret; exactly one is named.
type EnvFrom struct {
	ConfigMap string `json:"configMap,omitempty"`
	Secret    string `json:"secret,omitempty"`
	Prefix    string `json:"prefix,omitempty"`
	Optional  bool   `json:"optional,omitempty"`
}

// Service is a Knative Service: a program that runs while somebody asks it something.
type Service struct {
	Name string `json:"name"`
	// Public is the one Service that the public address leads to.
	Public bool `json:"public,omitempty"`
	Container
	// ReadinessPath is asked by GET until it answers 2xx; empty: a port that accepts is ready.
	ReadinessPath string `json:"readinessPath,omitempty"`
	// Concurrency is how many requests one process may have at once; 0 is any number.
	Concurrency int `json:"concurrency,omitempty"`
	// Timeout is how long a request may take once a process has it.
	Timeout time.Duration `json:"timeout"`
	// MinScale processes always run; MaxScale bounds how many do.
	MinScale int `json:"minScale,omitempty"`
	MaxScale int `json:"maxScale"`
	// Window is how long a process lives without a request; 0: the runtime's default.
	Window time.Duration `json:"window,omitempty"`
}

// Job is a program that runs to its end before anything else does.
type Job struct {
	Name string `json:"name"`
	Container
	// Retries is how often it is started again when it fails.
	Retries int `json:"retries"`
	// Deadline bounds all tries together; 0: the runtime's default.
	Deadline time.Duration `json:"deadline,omitempty"`
}

// Ping is a PingSource: an event sent by the clock.
type Ping struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Schedule is a cron expression, in Timezone (IANA) or, without one, in the machine's time zone.
	Schedule    string            `json:"schedule"`
	Timezone    string            `json:"timezone,omitempty"`
	ContentType string            `json:"contentType,omitempty"`
	Data        []byte            `json:"data,omitempty"`
	Extensions  map[string]string `json:"extensions,omitempty"`
	// Sink is the URL it is sent to.
	Sink string `json:"sink"`
}
