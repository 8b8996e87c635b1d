// Package web holds the built web client. Its sources are beside this file; npm run build puts the result into dist, which
// is not checked in.
package web

import (
	"embed"
	"io/fs"
)

// The pattern also names dist-missing.html, so that the program can be built when the client is not.
//
//go:embed all:dist*
var built embed.FS

// Files is the built client, or one page that says how to build it.
func Files() fs.FS {
	if dist, err := fs.Sub(built, "dist"); err == nil {
		if _, err := fs.Stat(dist, "index.html"); err == nil {
			return dist
		}
	}
	return built
}
