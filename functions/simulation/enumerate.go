package simulation

import (
	"usher.example/functions/simulation/memory"
)

type chooser struct {
	webhooks bool
	content  map[memory.Key]uint64
}

func (c *chooser) next(*World) *step             { return nil }
func (c *chooser) fault(*task, callKind) fault   { return noFault }
func (c *chooser) wrote(memory.Key, memory.Item) {}
func hashItem(memory.Item) uint64                { return 0 }
