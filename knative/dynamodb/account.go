package dynamodb

import (
	"maps"
	"sync"
)

// Consumed is what has been asked of a table since the server was opened, in the units that AWS bills.
type Consumed struct {
	Requests   int64   `json:"requests"`    // that reached its items; a failed condition is one
	WriteUnits float64 `json:"write_units"` // WRU, indexes and failed conditions included
	ReadUnits  float64 `json:"read_units"`  // RRU
}

// account sums up what requests consume, so that the cost of an action can be measured as a difference.
type account struct {
	mu     sync.Mutex
	tables map[string]Consumed
}

func (a *account) add(c *consumed) {
	a.mu.Lock()
	defer a.mu.Unlock()
	sum := a.tables[c.table.TableName]
	sum.Requests++
	if units := c.scaled(c.total()); c.write {
		sum.WriteUnits += units
	} else {
		sum.ReadUnits += units
	}
	a.tables[c.table.TableName] = sum
}

// Consumed returns the running account by table name.
func (s *Server) Consumed() map[string]Consumed {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	return maps.Clone(s.account.tables)
}

func (a *account) addAll(all consumption) {
	for _, c := range all {
		a.add(c)
	}
}
