// Package e2e holds the system to its promises from outside: real processes, real embedded servers, and nothing but HTTP
// (and signals). One file per promise or per route.
//
// Each test starts what it needs, on free ports and in a folder of its own, and ends it again. With USHER_URL set, the
// tests that only need a running system use that one instead; those that must start or kill something are skipped, and
// say so.
package e2e
