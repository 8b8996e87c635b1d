//go:build race

package local

// raceFlags build the runtime under test with the race detector when its tests have it.
var raceFlags = []string{"-race"}
