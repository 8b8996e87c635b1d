// Package dynamodb is a DynamoDB-compatible server in one Go process and one file.
//
// It speaks DynamoDB's JSON protocol (awsJson1_0, DynamoDB_20120810) as an http.Handler, so the AWS SDKs work against it
// unchanged: over loopback, or in process through HTTPClient. Everything acknowledged is on disk, writes are
// linearizable, and what requests would cost on AWS is counted by AWS's published rules.
//
// A request's way: http.go finds the operation; its file (putitem.go, query.go, …) reads and checks the parameters in
// DynamoDB's order; writes become an itemWrite that the engine's committer decides and stores, one after another, many to
// a commit; reads take a snapshot. Values, expressions and the storage engine are packages of their own below internal.
package dynamodb
