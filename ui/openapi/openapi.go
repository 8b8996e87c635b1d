// Package openapi holds the description of the HTTP API. openapi.json is its one source: the gateway serves it, the web
// client's types are generated from it, and tests hold the functions to it.
//
//go:generate go run ./internal/generate
package openapi

import _ "embed"

//go:embed openapi.json
var document []byte

// JSON is the OpenAPI 3.1 document.
func JSON() []byte { return document }
