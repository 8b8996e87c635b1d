// Command manifests reads a kustomize folder for the local runtime: it prints the plan as JSON and writes the Broker's
// contract. It is a command of its own, so that the runtime need not hold what reading manifests takes.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"usher.example/knative/broker/contract"
	"usher.example/knative/local/manifest"
)

func main() {
	dir := flag.String("folder", "", "kustomize `folder` to render")
	file := flag.String("contract", "", "`file` the Broker's contract is written to")
	functions := flag.String("functions", "", "`host:port` where functions are called: http://host:port/<name>/")
	broker := flag.String("broker", "", "`host:port` of the Broker's ingress")
	flag.Parse()
	if err := run(*dir, *file, manifest.Addresses{Functions: *functions, Broker: *broker}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir, file string, at manifest.Addresses) error {
	if dir == "" || file == "" || at.Functions == "" || at.Broker == "" {
		return fmt.Errorf("all of -folder, -contract, -functions and -broker must be given")
	}
	p, c, err := manifest.Load(dir, at)
	if err != nil {
		return err
	}
	if err := contract.Save(file, c); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(p)
}
