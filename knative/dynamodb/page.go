package dynamodb

import (
	"usher.example/knative/dynamodb/internal/engine"
	"usher.example/knative/dynamodb/internal/expression"
	"usher.example/knative/dynamodb/internal/value"
)

// maxPage is how many bytes of items one Query or Scan looks at.
const maxPage = 1 << 20

// reading are the parameters that Query and Scan have in common.
type reading struct {
	TableName            *string
	IndexName            *string
	Limit                *int
	ExclusiveStartKey    value.Item
	ConsistentRead       bool
	FilterExpression     *string
	ProjectionExpression *string
	Select               *string
	AttributesToGet      []string
	ConditionalOperator  *string
	placeholders
	reporting
}

func (in *reading) check(c *constraints) string {
	name := c.tableName(in.TableName)
	if in.IndexName != nil {
		c.name("indexName", *in.IndexName)
	}
	c.enum("select", in.Select, "SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")
	in.reporting.check(c)
	return name
}

// parse reads filter and projection in either style; legacyFilter is QueryFilter or ScanFilter.
func (in *reading) parse(names *expression.Names, legacyFilter map[string]attributeTest) (filter *expression.Condition, chosen *expression.Projection, err error) {
	if filter, err = condition(expressionText{"FilterExpression", in.FilterExpression}, names); err != nil {
		return nil, nil, err
	}
	if chosen, err = projection(in.ProjectionExpression, names); err != nil {
		return nil, nil, err
	}
	if filter == nil {
		if filter, err = legacyCondition(legacyFilter, in.ConditionalOperator); err != nil {
			return nil, nil, err
		}
	}
	if chosen == nil {
		chosen, err = attributesToGet(in.AttributesToGet)
	}
	return filter, chosen, err
}

func (in *reading) modern() []parameter {
	return []parameter{{"ProjectionExpression", in.ProjectionExpression != nil}, {"FilterExpression", in.FilterExpression != nil}}
}

func (in *reading) legacy() []parameter {
	return []parameter{{"AttributesToGet", in.AttributesToGet != nil}, {"ConditionalOperator", in.ConditionalOperator != nil}}
}

// page is one answer in the making: where to read, what to keep, and what has been read so far.
type page struct {
	table      *table
	index      *index // nil: the table itself
	span       span
	backward   bool
	limit      int // 0: none
	consistent bool
	filter     *expression.Condition
	filtered   map[string]bool // the attributes that the filter asks for
	part       value.Item      // of the item that is filtered
	chosen     *expression.Projection
	countOnly  bool
	fetch      bool // a local index without all that is asked for: the table's item is read too

	items          reply
	count, scanned int
	size, fetched  int // bytes of entries, and read units of items fetched besides
	last           value.Item
	used           *consumed
}

// newPage finds table and index and settles what is to be shown.
func (s *Server) newPage(in *reading, name string, filter *expression.Condition, chosen *expression.Projection) (*page, error) {
	t, err := s.catalog.get(name)
	if err != nil {
		return nil, err
	}
	p := &page{table: t, consistent: in.ConsistentRead, filter: filter, filtered: map[string]bool{}, part: value.Item{}, chosen: chosen, used: &consumed{table: t}}
	if filter != nil {
		filter.Tops(func(name string) { p.filtered[name] = true })
	}
	if in.Limit != nil {
		p.limit = *in.Limit
	}
	if in.IndexName != nil {
		if p.index, err = t.index(*in.IndexName); err != nil {
			return nil, err
		}
		if !p.index.local && in.ConsistentRead {
			return nil, invalid("Consistent reads are not supported on global secondary indexes")
		}
	}
	return p, p.choose(in)
}

// keys is the key by which the page's space is ordered.
func (p *page) keys() key {
	if p.index != nil {
		return p.index.key
	}
	return p.table.key
}

func (p *page) space() string {
	if p.index != nil {
		return p.index.space
	}
	return p.table.space()
}

// start continues behind ExclusiveStartKey, which must name a place in the span.
func (p *page) start(sent value.Item, outside error) error {
	if sent == nil {
		return nil
	}
	if err := checkValues(sent); err != nil {
		return err
	}
	place, err := p.place(sent)
	if err != nil {
		return err
	}
	if !p.span.contains(place) {
		return outside
	}
	p.span = p.span.from(place, p.backward)
	return nil
}

var errStartKey = invalid("The provided starting key is invalid")

// place is where an item with these key attributes would be.
func (p *page) place(sent value.Item) ([]byte, error) {
	names := map[string]bool{}
	for _, e := range p.table.key.elements() {
		names[e.name] = true
	}
	for _, e := range p.keys().elements() {
		names[e.name] = true
	}
	tableKey, ok := p.table.key.of(sent)
	if !ok || len(sent) != len(names) {
		return nil, errStartKey
	}
	if err := p.table.key.checkLengths(tableKey); err != nil {
		return nil, err
	}
	place := p.table.key.encode(tableKey)
	if p.index != nil {
		if place = p.index.entry(sent, place); place == nil {
			return nil, errStartKey
		}
	}
	return place, nil
}

// read fills the page from a snapshot, up to the limit or the size of a page.
func (p *page) read(r engine.Reader) error {
	p.items.b = append(make([]byte, 0, 4096), '[')
	err := p.span.walk(r, p.space(), p.backward, func(k, v []byte) (bool, error) {
		rec := record(v)
		if err := rec.check(); err != nil {
			return false, err
		}
		if err := p.take(r, rec); err != nil {
			return false, err
		}
		p.scanned++
		p.size += rec.size()
		if p.scanned == p.limit || p.size >= maxPage {
			item, err := rec.item()
			p.last = p.position(item)
			return false, err
		}
		return true, nil
	})
	p.items.b = append(p.items.b, ']')
	units := readUnits(p.size, p.consistent)
	if p.index != nil {
		p.used.addIndex(p.index.name, units)
		p.used.base = float64(p.fetched)
		if !p.consistent {
			p.used.base /= 2
		}
	} else {
		p.used.base = units
	}
	return err
}

// take filters one entry and adds it to the page.
func (p *page) take(r engine.Reader, rec record) error {
	if p.fetch {
		item, err := rec.item()
		if err != nil {
			return err
		}
		keys, _ := p.table.key.of(item)
		if rec, err = getRecord(r, p.table.space(), p.table.key.encode(keys)); err != nil {
			return err
		}
		p.fetched += int(readUnits(rec.size(), true))
	}
	if p.filter != nil {
		item, err := rec.some(p.part, p.filtered)
		if err != nil || !p.filter.Match(item) {
			return err
		}
	}
	p.count++
	if p.countOnly {
		return nil
	}
	p.items.comma()
	return rec.appendTo(&p.items, p.chosen)
}

// position is the LastEvaluatedKey of an entry: its key in the index, and in the table.
func (p *page) position(item value.Item) value.Item {
	at, _ := p.table.key.of(item)
	for _, e := range p.keys().elements() {
		if v, ok := item[e.name]; ok {
			at[e.name] = v
		}
	}
	return at
}

// answer writes the page.
func (p *page) answer(capacity *string) []byte {
	r := newReply()
	if !p.countOnly {
		r.name("Items").raw(p.items.b)
	}
	r.name("Count").int(p.count)
	r.name("ScannedCount").int(p.scanned)
	if p.last != nil {
		r.name("LastEvaluatedKey").item(p.last)
	}
	p.used.report(r, capacity)
	return r.end()
}

// run reads the page and answers.
func (s *Server) run(p *page, capacity *string) ([]byte, error) {
	if err := s.engine.View(p.read); err != nil {
		return nil, err
	}
	s.account.add(p.used)
	return p.answer(capacity), nil
}
