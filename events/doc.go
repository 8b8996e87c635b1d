// Package events is the contract between the functions: every CloudEvent's type, its data and its schema.
//
// An event carries the aggregate's whole public state after a change, with its version. A consumer keeps the newest
// version and ignores the rest, so that an event may arrive late, twice or out of order (P5). Its id is made of the
// aggregate's id and version: sending it again sends recognisably the same event.
//
// The package imports nothing of ours; everything else imports it.
//
//go:generate go run ./internal/generate
package events
