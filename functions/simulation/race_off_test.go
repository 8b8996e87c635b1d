//go:build !race

package simulation

// slowed divides how much the short form does: nothing makes it slower.
const slowed = 1
