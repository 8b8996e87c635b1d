package dynamodb

import (
	"maps"
	"slices"
)

// Capacity units by the rules AWS publishes: a write unit covers 1 KB, a read unit 4 KB; an eventually consistent read
// costs half; in transactions everything costs double.
const (
	writeUnit = 1024
	readUnit  = 4096
)

func writeUnits(size int) float64 { return float64(max(1, (size+writeUnit-1)/writeUnit)) }

func readUnits(size int, consistent bool) float64 {
	units := float64(max(1, (size+readUnit-1)/readUnit))
	if !consistent {
		units /= 2
	}
	return units
}

// consumed is what a request used of one table and its indexes.
type consumed struct {
	table   *table
	write   bool
	double  bool // in a transaction
	base    float64
	indexes map[string]float64 // by name
}

// addIndex counts units of an index.
func (c *consumed) addIndex(name string, units float64) {
	if units == 0 {
		return
	}
	if c.indexes == nil {
		c.indexes = map[string]float64{}
	}
	c.indexes[name] += units
}

func (c *consumed) total() float64 {
	sum := c.base
	for _, units := range c.indexes {
		sum += units
	}
	return sum
}

// scaled is units as they are billed.
func (c *consumed) scaled(units float64) float64 {
	if c.double {
		return 2 * units
	}
	return units
}

// wantsCapacity tells whether a request asked for what it consumed.
func wantsCapacity(mode *string) bool { return mode != nil && *mode != "NONE" }

// write adds the ConsumedCapacity object that a mode (TOTAL or INDEXES) asks for.
func (c *consumed) append(r *reply, mode string) {
	r.open('{').name("TableName").string(c.table.TableName)
	c.appendUnits(r, c.total())
	if mode == "INDEXES" {
		r.name("Table").open('{')
		c.appendUnits(r, c.base)
		r.close('}')
		c.appendIndexes(r, "LocalSecondaryIndexes", true)
		c.appendIndexes(r, "GlobalSecondaryIndexes", false)
	}
	r.close('}')
}

func (c *consumed) appendUnits(r *reply, units float64) {
	r.name("CapacityUnits").units(c.scaled(units))
	if c.double {
		name := "ReadCapacityUnits"
		if c.write {
			name = "WriteCapacityUnits"
		}
		r.name(name).units(c.scaled(units))
	}
}

func (c *consumed) appendIndexes(r *reply, member string, local bool) {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(c.indexes)), func(name string) bool {
		x, err := c.table.index(name)
		return err != nil || x.local != local
	})
	if len(names) == 0 {
		return
	}
	r.name(member).open('{')
	for _, name := range names {
		r.key(name).open('{')
		c.appendUnits(r, c.indexes[name])
		r.close('}')
	}
	r.close('}')
}

// consumption is what a request of several tables used, in the order the tables came.
type consumption []*consumed

// of finds the account of a table, or opens it.
func (all *consumption) of(t *table, write, double bool) *consumed {
	for _, c := range *all {
		if c.table == t {
			return c
		}
	}
	c := &consumed{table: t, write: write, double: double}
	*all = append(*all, c)
	return c
}

// report adds ConsumedCapacity as batches have it: a list.
func (all consumption) report(r *reply, mode *string) {
	if !wantsCapacity(mode) {
		return
	}
	r.name("ConsumedCapacity").open('[')
	for _, c := range all {
		r.comma()
		c.append(r, *mode)
	}
	r.close(']')
}

// report adds ConsumedCapacity as single requests have it.
func (c *consumed) report(r *reply, mode *string) {
	if wantsCapacity(mode) {
		r.name("ConsumedCapacity")
		c.append(r, *mode)
	}
}
