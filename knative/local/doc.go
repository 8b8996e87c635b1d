// Package local makes one machine behave as Knative does, from the very manifests that a cluster gets.
//
// It starts what the functions stand on (the store, the Broker, Stripe's test double) as processes of their own and
// keeps them running; it starts each function on its first request or event, holds the request meanwhile, and stops the
// function when it is idle. Everything that lasts is in one folder (package state), so that any of these processes, the
// runtime too, can be killed at any moment and started again (P6).
//
//	manifest    reads the manifests, in a process of its own → plan and the Broker's contract
//	build       builds the programs they name
//	environment says what each program finds in its environment
//	process     starts programs, keeps the lasting ones running, and ends all of them with the runtime
//	scale       decides how many processes a function has
//	activator   passes requests on to them
//	ping        sends events by the clock
//	state       keeps the folder
package local
