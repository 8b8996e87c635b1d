//go:build race

package simulation

// slowed divides how much the short form does: the race detector makes it that much slower.
const slowed = 10
