//go:build !race

package dataplane_test

// overMemory is the most memory, in bytes, that a part may use under overload.
const overMemory = 512 << 20
