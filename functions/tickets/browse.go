package tickets

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/id"
	"usher.example/shared/store"
)

const (
	// firstStep is how many cards a search reads of each list at first; it doubles with each step.
	firstStep = 100
	// maxCards bounds what one request reads: a search that finds too little by then answers a short page with a cursor.
	maxCards = 6000
	// maxPlain bounds the pages of the plain list that one request reads, where what is listed has begun.
	maxPlain = 10
)

// Browse is what can be bought now: GET /api/tickets?q=&city=&from=&to=&currency=&min_price=&max_price=&sort= → 200. 400
// names each parameter that is wrong.
//
// The plain list is an index of the tickets themselves. A search reads two kinds of lists of the search index by turns: all
// listings in the order that is asked for, until a page is full, and shortcuts, each of which holds all that can be found,
// until one is read to its end. The one is short where much is found, the other where little is; the other costs as much
// again at most. What is found is held to the ticket itself: who has just reserved or withdrawn it, is believed.
func Browse(env *function.Env) (function.Handler, error) {
	code, err := plainCurrency(env)
	if err != nil {
		return nil, err
	}
	b := browser{env, env.Store.Table(Schema.Name), env.Store.Table(Listings.Name)}
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		s, err := parseSearch(r.URL.Query(), code)
		if err != nil {
			return nil, err
		}
		page, err := r.PageOf(s.sum(), s.Sort.isKey)
		if err != nil {
			return nil, err
		}
		find := b.find
		if s.everything() {
			find = b.plain
		}
		list, err := find(ctx, s, page)
		if err != nil {
			return nil, err
		}
		return &function.Response{Status: http.StatusOK, Body: list}, nil
	}, nil
}

// isKey says whether a text can be a place in the order.
func (s sorting) isKey(key string) bool {
	if !utf8.ValidString(key) {
		return false
	}
	if s == newest {
		return id.Valid(key)
	}
	i := strings.LastIndex(key, separator)
	return i >= 0 && id.Valid(key[i+1:])
}

type browser struct {
	env             *function.Env
	table, listings *store.Table
}

// plain is everything, newest first.
func (b browser) plain(ctx context.Context, s search, page function.Page) (function.List[view], error) {
	list := function.List[view]{Items: []view{}}
	after := page.After
	for range maxPlain {
		found, err := store.FindMerged(ctx, b.table, store.Query{
			Index: "available", Hash: "available", Range: "pk", After: after, Descending: true, Limit: page.Limit + 1,
		}, func(i item) string { return i.ID })
		if err != nil {
			return list, err
		}
		for _, i := range found {
			after = i.ID
			if !ForSale(i.Snapshot, b.env.Now()) {
				continue
			}
			if n := len(list.Items); n == page.Limit {
				list.NextCursor = function.CursorOf(s.sum(), list.Items[n-1].ID)
				return list, nil
			}
			list.Items = append(list.Items, show(i.Snapshot, ""))
		}
		if len(found) <= page.Limit {
			return list, nil
		}
	}
	list.NextCursor = function.CursorOf(s.sum(), after)
	return list, nil
}

// find is a page of a search.
func (b browser) find(ctx context.Context, s search, page function.Page) (function.List[view], error) {
	now := b.env.Now().UnixMilli()
	after, until := s.bounds(s.Sort, now)
	if s.Sort == newest || page.After > after {
		after = page.After
	}
	walk := newOrderList(b.env, b.listings, s.Sort, after, until, s.texts())
	shortcuts := s.shortcuts(b.env, b.listings, now)
	found := make([][]card, len(shortcuts))
	p := &results{browser: b, search: s, limit: page.Limit, now: now, last: page.After}
	step := firstStep
	if len(shortcuts) == 0 {
		step = page.Limit + page.Limit/4 + 1 // most of what is read is found
	}
	for read, walked := 0, 0; ; {
		cards, err := walk.read(ctx, step)
		if err != nil {
			return p.list, err
		}
		if err := p.add(ctx, cards, walk.reached()); err != nil || p.full {
			return p.list, err
		}
		if walk.done() {
			return p.end(), nil
		}
		read, walked = read+step, walked+step
		if read >= maxCards {
			return p.pause(), nil
		}
		if rest := p.rest(walked); rest <= step*len(shortcuts) {
			step = rest
			continue
		}
		for i, l := range shortcuts {
			more, err := l.read(ctx, step)
			if err != nil {
				return p.list, err
			}
			found[i], read = append(found[i], more...), read+step
			if l.done() {
				if err := p.add(ctx, s.Sort.arrange(found[i]), ""); err != nil || p.full {
					return p.list, err
				}
				return p.end(), nil
			}
		}
		step *= 2
	}
}

// rest is how many more cards are likely to be read until the page is full, as walked ones filled it so far.
func (p *results) rest(walked int) int {
	n := len(p.list.Items)
	if n == 0 {
		return maxCards
	}
	return max(p.limit+1, (p.limit+1-n)*walked*5/(n*4)) // a quarter more: luck varies
}

// arrange sorts cards, and leaves out those that are there twice. Of one that is filed anew, each revision may be there.
func (s sorting) arrange(all []card) []card {
	slices.SortFunc(all, func(a, b card) int { return cmp.Or(s.compare(a, b), cmp.Compare(a.Revision, b.Revision)) })
	return slices.Compact(all)
}

// results are a page that is being filled.
type results struct {
	browser
	search search
	limit  int
	now    int64
	last   string // the key up to which all is known
	list   function.List[view]
	full   bool   // and there is more
	shown  string // the key of the last item
}

// add takes what is found among cards that follow in order. Those up to the last are known; reached is the next such, empty
// for everything.
func (p *results) add(ctx context.Context, all []card, reached string) error {
	var fit []card
	for _, c := range all {
		if p.search.matches(c, p.now) && (p.last == "" || p.search.Sort.before(p.last, p.search.Sort.key(c))) {
			fit = append(fit, c)
		}
	}
	for len(fit) > 0 && !p.full {
		n := min(len(fit), p.limit+1-len(p.list.Items))
		if err := p.hold(ctx, fit[:n]); err != nil {
			return err
		}
		fit = fit[n:]
	}
	p.last = reached
	return nil
}

// hold holds cards to their tickets, and shows those that can be bought. A card of an earlier revision may be left of a
// listing that is filed anew.
func (p *results) hold(ctx context.Context, fit []card) error {
	var keys []store.Key
	wanted := map[string]bool{}
	for _, c := range fit {
		if !wanted[c.ID] {
			wanted[c.ID] = true
			keys = append(keys, key(c.ID))
		}
	}
	found, err := store.GetAll[item](ctx, p.table, keys)
	if err != nil {
		return err
	}
	tickets := map[string]events.Ticket{}
	for _, i := range found {
		tickets[i.ID] = i.Snapshot
	}
	for _, c := range fit {
		if t, ok := tickets[c.ID]; !ok || t.Revision != c.Revision || !ForSale(t, p.env.Now()) {
			continue
		}
		if len(p.list.Items) == p.limit {
			p.list.NextCursor, p.full = function.CursorOf(p.search.sum(), p.shown), true
			return nil
		}
		p.list.Items = append(p.list.Items, show(tickets[c.ID], ""))
		p.shown = p.search.Sort.key(c)
	}
	return nil
}

// end is the last page.
func (p *results) end() function.List[view] {
	if p.list.Items == nil {
		p.list.Items = []view{}
	}
	return p.list
}

// pause is a page that ends early.
func (p *results) pause() function.List[view] {
	p.list.NextCursor = function.CursorOf(p.search.sum(), p.last)
	return p.end()
}
