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
	// read looks at about n more cards, and brings those that may be of use.
	read(ctx context.Context, n int) ([]card, error)
	// done says that nothing is left.
	done() bool
}

// place is a stored card.
type place struct {
	Card string `dynamodbav:"card"`
}

// only brings of a list what has all of some texts in its card.
func only(q store.Query, texts []string) store.Query {
	q.Only, q.In, q.Containing = []string{"card"}, "card", texts
	return q
}

// texts are what stands in each card that the search can find. Others may have them too.
func (s search) texts() (texts []string) {
	for _, w := range s.Words {
		texts = append(texts, " "+w)
	}
	if s.City != "" {
		texts = append(texts, separator+s.City+separator)
	}
	return texts
}

// wordList is all that has a word of this beginning, in no order that matters; what has two such words comes twice.
type wordList struct {
	table        *store.Table
	texts        []string
	prefix       string
	after, until string
	over         bool
}

func newWordList(table *store.Table, prefix string, texts []string) *wordList {
	return &wordList{table: table, texts: texts, prefix: prefix, after: prefix, until: prefix + string(utf8.MaxRune)}
}

func (l *wordList) done() bool { return l.over }

func (l *wordList) read(ctx context.Context, n int) ([]card, error) {
	part, err := store.FindPart[place](ctx, l.table, only(store.Query{Value: bucket(l.prefix), After: l.after, Until: l.until, Limit: n}, l.texts))
	if err != nil {
		return nil, err
	}
	l.after, l.over = part.Last, part.Last == ""
	return parseCards(part.Items)
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

// orderList is everything within bounds in an order. The index is sharded: with each step all shards are read a bit
// further, and what comes before the end of each of them is brought.
type orderList struct {
	env    *function.Env
	table  *store.Table
	texts  []string
	order  sorting
	until  string
	shards [store.Shards]shard
	ahead  []card // read, and not brought yet
}

type shard struct {
	after string
	over  bool
}

// newOrderList begins behind the key after, and ends with until; empty ones are no bounds.
func newOrderList(env *function.Env, table *store.Table, order sorting, after, until string, texts []string) *orderList {
	l := &orderList{env: env, table: table, texts: texts, order: order, until: until}
	for i := range l.shards {
		l.shards[i].after = after
	}
	return l
}

func (l *orderList) done() bool {
	for _, s := range l.shards {
		if !s.over {
			return false
		}
	}
	return true
}

// reached is the key up to which all was brought; empty when that is everything.
func (l *orderList) reached() (key string) {
	for _, s := range l.shards {
		if !s.over && (key == "" || l.order.before(s.after, key)) {
			key = s.after
		}
	}
	return key
}

func (l *orderList) read(ctx context.Context, n int) ([]card, error) {
	parts := make([][]card, len(l.shards))
	errs := make([]error, len(l.shards))
	var wg sync.WaitGroup
	for i := range l.shards {
		if !l.shards[i].over {
			l.env.Spawn(&wg, func() { parts[i], errs[i] = l.readShard(ctx, i, n/len(l.shards)+1) })
		}
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, err
		}
		l.ahead = append(l.ahead, parts[i]...)
	}
	l.ahead = l.order.arrange(l.ahead)
	end := len(l.ahead)
	if reached := l.reached(); reached != "" {
		end, _ = slices.BinarySearchFunc(l.ahead, reached, func(c card, key string) int {
			if l.order.before(key, l.order.key(c)) {
				return 1
			}
			return -1
		})
	}
	brought := l.ahead[:end:end]
	l.ahead = l.ahead[end:]
	return brought, nil
}

func (l *orderList) readShard(ctx context.Context, i, n int) ([]card, error) {
	s := &l.shards[i]
	q := store.Query{
		Index: string(l.order), Hash: "shard", Range: string(l.order), Value: store.ShardName(i),
		After: s.after, Until: l.until, Descending: l.order == newest, Limit: n,
	}
	if l.order == newest {
		q.Range = "pk"
	}
	part, err := store.FindPart[place](ctx, l.table, only(q, l.texts))
	if err != nil {
		return nil, err
	}
	s.after, s.over = part.Last, part.Last == ""
	return parseCards(part.Items)
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
		lists = append(lists, newWordList(table, w, s.texts()))
	}
	if s.Sort != soonest && s.To != 0 {
		after, until := s.bounds(soonest, now)
		lists = append(lists, newOrderList(env, table, soonest, after, until, s.texts()))
	}
	if s.Sort != cheapest && s.Max != 0 {
		after, until := s.bounds(cheapest, now)
		lists = append(lists, newOrderList(env, table, cheapest, after, until, s.texts()))
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
