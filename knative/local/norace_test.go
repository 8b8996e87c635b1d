//go:build !race

package local

// raceFlags build the runtime under test as it is.
var raceFlags []string
