//go:build race

package dataplane_test

// overMemory under the race detector, which keeps a shadow of what it watches five to ten times as large.
const overMemory = 10 * (512 << 20)
