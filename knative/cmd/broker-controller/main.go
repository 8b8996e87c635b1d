// Command broker-controller is the control plane of the Broker class
// NatsStreaming: it watches Brokers and Triggers, writes the contract that ingress
// and dispatcher follow, and sets conditions.
package main

import (
	"knative.dev/pkg/injection/sharedmain"

	"usher.example/knative/broker/controller"
)

func main() {
	sharedmain.Main("natsstreaming-broker-controller", controller.NewBrokerController, controller.NewTriggerController)
}
