// Package simulation proves the promises P1 to P9 on the functions themselves: their own code runs on a store, a Broker, a
// Stripe and clocks that live in memory, under one scheduler that a seed decides everything about.
//
// Each call to the store, the Broker and Stripe is a point where something else may run first, where the call may fail
// before or after it took effect, and where the function may die. Events come late, twice and out of order. After each
// run the world comes to rest, and what is left is compared with what people were told and what Stripe did (oracle.go).
//
// A seed makes a Plan (plan.go): who does what, and what may go wrong. A run of the same plan is the same run, so that a
// failing one can be shown as a timeline and made smaller (shrink.go). Worlds that are small enough are not sampled but
// enumerated (enumerate.go). Whether all this would notice a fault is asked of the patches in mutants.
//
// Not simulated: HTTP itself and sessions (requests are made for a user who is known), of users all but the deletion of
// accounts, and lists. A process is one request or event: what several of them share in memory is shared here by nobody.
package simulation
