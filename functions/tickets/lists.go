package tickets

import (
	"context"
	"slices"
	"sync"
	"unicode/utf8"

	"usher.example/shared/function"
	"usher.example/shared/store"
)

// cards is a part of the index, read in steps.
type cards interface {
	// read brings at least n more cards, unless that is all there are.
	read(ctx context.Context, n int) ([]card, error)
	// done says that nothing is left.
	done() bool
}

// place is a stored card with its key.
type place struct {
	Key  string `dynamodbav:"sk"`
	Card string `dynamodbav:"card"`
}

// wordList is all that has a word of this beginning, in no order that matters; what has two such words comes twice.
type wordList struct {
	table        *store.Table
	prefix       string
	after, until string
	over         bool
}

func newWordList(table *store.Table, prefix string) *wordList {
	return &wordList{table: table, prefix: prefix, after: prefix, until: prefix + string(utf8.MaxRune)}
}

func (l *wordList) done() bool { return l.over }

func (l *wordList) read(ctx context.Context, n int) ([]card, error) {
	found, err := store.Find[place](ctx, l.table, store.Query{
		Value: bucket(l.prefix), After: l.after, Until: l.until, Limit: n, Only: []string{"sk", "card"},
	})
	if err != nil {
		return nil, err
	}
	if l.over = len(found) < n; !l.over {
		l.after = found[n-1].Key
	}
	return parseCards(found)
}

func parseCards(found []place) ([]card, error) {
	read := make([]card, len(found))
	for i, p := range found {
		var err error
		if read[i], err = parseCard(p.Card); err != nil {
			return nil, err
		}
	}
	return read, nil
}

// orderList is everything within bounds in an order. The index is sharded: each shard is read ahead, and their cards
// come in their common order.
type orderList struct {
	env    *function.Env
	table  *store.Table
	order  sorting
	until  string
	shards [store.Shards]shard
}

type shard struct {
	ahead []card
	after string
	over  bool
}

// newOrderList begins behind the key after, and ends with until; empty ones are no bounds.
func newOrderList(env *function.Env, table *store.Table, order sorting, after, until string) *orderList {
	l := &orderList{env: env, table: table, order: order, until: until}
	for i := range l.shards {
		l.shards[i].after = after
	}
	return l
}

func (l *orderList) done() bool {
	for _, s := range l.shards {
		if !s.over || len(s.ahead) > 0 {
			return false
		}
	}
	return true
}

func (l *orderList) read(ctx context.Context, n int) (read []card, err error) {
	for len(read) < n && !l.done() {
		if err := l.fill(ctx, n/store.Shards+1); err != nil {
			return nil, err
		}
		read = append(read, l.take()...)
	}
	return read, nil
}

// fill reads the shards that nothing is left of, at once.
func (l *orderList) fill(ctx context.Context, n int) error {
	var wg sync.WaitGroup
	errs := make([]error, len(l.shards))
	for i := range l.shards {
		if s := &l.shards[i]; len(s.ahead) == 0 && !s.over {
			l.env.Spawn(&wg, func() { errs[i] = l.fillShard(ctx, s, i, n) })
		}
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *orderList) fillShard(ctx context.Context, s *shard, i, n int) error {
	q := store.Query{
		Index: string(l.order), Hash: "shard", Range: string(l.order), Value: store.ShardName(i),
		After: s.after, Until: l.until, Descending: l.order == newest, Limit: n, Only: []string{"card"},
	}
	if l.order == newest {
		q.Range = "pk"
	}
	found, err := store.Find[place](ctx, l.table, q)
	if err != nil {
		return err
	}
	if s.ahead, err = parseCards(found); err != nil {
		return err
	}
	if s.over = len(found) < n; !s.over {
		s.after = l.order.key(s.ahead[n-1])
	}
	return nil
}

// take takes what is surely first: until a shard is empty that may have more.
func (l *orderList) take() (taken []card) {
	for {
		first := -1
		for i, s := range l.shards {
			switch {
			case len(s.ahead) == 0 && !s.over:
				return taken
			case len(s.ahead) > 0 && (first < 0 || l.order.before(l.order.key(s.ahead[0]), l.order.key(l.shards[first].ahead[0]))):
				first = i
			}
		}
		if first < 0 {
			return taken
		}
		s := &l.shards[first]
		taken, s.ahead = append(taken, s.ahead[0]), s.ahead[1:]
	}
}

// bounds are the parts of an order that a search cannot find anything outside of: after is exclusive. now is in ms.
func (s search) bounds(order sorting, now int64) (after, until string) {
	switch {
	case order == soonest:
		after = startKey(max(s.From, now)) // what begins now has begun; of what begins at From, keys go on behind it
		if s.To != 0 {
			until = startKey(s.To)
		} else if s.From != 0 {
			until = never
		}
	case order == cheapest && s.Currency != "":
		after, until = priceKey(s.Currency, s.Min), priceKey(s.Currency, maxAmount)+separator+never
		if s.Max != 0 {
			until = priceKey(s.Currency, s.Max) + separator + never
		}
	}
	return after, until
}

// shortcuts are lists that hold all that a search finds, in other orders than its own: those that are likely short first.
func (s search) shortcuts(env *function.Env, table *store.Table, now int64) (lists []cards) {
	terms := slices.Clone(s.Words)
	slices.SortStableFunc(terms, func(a, b string) int { return utf8.RuneCountInString(b) - utf8.RuneCountInString(a) })
	if s.City != "" {
		city := longest(words(s.City))
		terms = slices.Insert(terms, min(1, len(terms)), city)
	}
	for _, w := range terms {
		lists = append(lists, newWordList(table, w))
	}
	if s.Sort != soonest && s.To != 0 {
		after, until := s.bounds(soonest, now)
		lists = append(lists, newOrderList(env, table, soonest, after, until))
	}
	if s.Sort != cheapest && s.Max != 0 {
		after, until := s.bounds(cheapest, now)
		lists = append(lists, newOrderList(env, table, cheapest, after, until))
	}
	return lists[:min(len(lists), maxShortcuts)]
}

// maxShortcuts bounds how many lists are tried: each makes a search that none of them is short for dearer.
const maxShortcuts = 2

func longest(words []string) (w string) {
	for _, word := range words {
		if utf8.RuneCountInString(word) > utf8.RuneCountInString(w) {
			w = word
		}
	}
	return w
}
