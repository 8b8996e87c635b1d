package tickets

import (
	"context"
	"net/http"
	"strings"

	"usher.example/events"
	"usher.example/shared/function"
	"usher.example/shared/id"
	"usher.example/shared/problem"
	"usher.example/shared/store"
)

const (
	// scanPage is how many tickets one step of a search reads, and maxSteps how many steps one request takes: a search for
	// something rare answers a short page with a cursor instead of reading everything.
	scanPage = 100
	maxSteps = 10
	// maxQuery bounds a search, in characters.
	maxQuery = 100
)

// Show is one ticket: GET /api/tickets/{id} → 200.
func Show(env *function.Env) (function.Handler, error) {
	table := env.Store.Table(Schema.Name)
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		ticketID, err := r.ID("id", "ticket")
		if err != nil {
			return nil, err
		}
		found, err := store.Get[item](ctx, table, key(ticketID))
		if err != nil {
			return nil, err
		}
		if found == nil {
			return nil, noTicket()
		}
		viewer, _ := r.Viewer()
		return &function.Response{
			Status: http.StatusOK, Body: show(found.Snapshot, viewer.ID), ETag: function.VersionTag(found.Snapshot.Version),
			Private: viewer.ID != "",
		}, nil
	}, nil
}

// Mine is all that the caller ever put up for sale, newest first: GET /api/tickets/mine → 200.
func Mine(env *function.Env) (function.Handler, error) {
	table := env.Store.Table(Schema.Name)
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		seller, err := r.User()
		if err != nil {
			return nil, err
		}
		page, err := r.Page(id.Valid)
		if err != nil {
			return nil, err
		}
		keys, err := store.Find[struct {
			ID string `dynamodbav:"pk"`
		}](ctx, table, store.Query{
			Index: "seller", Hash: "seller", Range: "pk", Value: seller.ID, After: page.After, Descending: true, Limit: page.Limit + 1,
		})
		if err != nil {
			return nil, err
		}
		wanted := make([]store.Key, len(keys))
		for i, k := range keys {
			wanted[i] = key(k.ID)
		}
		items, err := store.GetAll[item](ctx, table, wanted)
		if err != nil {
			return nil, err
		}
		views := make([]view, len(items))
		for i, found := range items {
			views[i] = show(found.Snapshot, seller.ID)
		}
		return &function.Response{Status: http.StatusOK, Body: function.NewList(views, page.Limit, viewID), Private: true}, nil
	}, nil
}

func viewID(v view) string { return v.ID }

// Browse is what can be bought now, newest first: GET /api/tickets?q=&sort=newest&limit=&cursor= → 200. q finds tickets
// in whose title, event, venue or city every word of it begins a word.
func Browse(env *function.Env) (function.Handler, error) {
	table := env.Store.Table(Schema.Name)
	return func(ctx context.Context, r *function.Request) (*function.Response, error) {
		page, err := r.Page(id.Valid)
		if err != nil {
			return nil, err
		}
		query := r.URL.Query()
		if s := query.Get("sort"); s != "" && s != "newest" {
			return nil, problem.Field("sort", "sort can be: newest.")
		}
		q := query.Get("q")
		if len([]rune(q)) > maxQuery {
			return nil, problem.Field("q", "Please search for at most %d characters.", maxQuery)
		}
		list, err := browse(ctx, env, table, page, words(q))
		if err != nil {
			return nil, err
		}
		return &function.Response{Status: http.StatusOK, Body: list}, nil
	}, nil
}

// browse reads the index until a page is full, nothing is left, or enough was read.
func browse(ctx context.Context, env *function.Env, table *store.Table, page function.Page, wanted []string) (function.List[view], error) {
	list := function.List[view]{Items: []view{}}
	step := page.Limit + 1
	if len(wanted) > 0 {
		step = scanPage
	}
	after := page.After
	for range maxSteps {
		found, err := store.FindMerged(ctx, table, store.Query{
			Index: "available", Hash: "available", Range: "pk", After: after, Descending: true, Limit: step,
		}, func(i item) string { return i.ID })
		if err != nil {
			return list, err
		}
		for _, i := range found {
			if len(list.Items) == page.Limit {
				list.NextCursor = function.Cursor(after)
				return list, nil
			}
			after = i.ID
			if ForSale(i.Snapshot, env.Now()) && has(i.Snapshot, wanted) {
				list.Items = append(list.Items, show(i.Snapshot, ""))
			}
		}
		if len(found) < step {
			return list, nil
		}
	}
	list.NextCursor = function.Cursor(after)
	return list, nil
}

// words splits a text into its words, without case.
func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return strings.ContainsRune(" \t\n.,;:!?-–—/()\"'", c) })
}

// has says whether each wanted word begins a word of what the ticket says.
func has(t events.Ticket, wanted []string) bool {
	if len(wanted) == 0 {
		return true
	}
	text := words(t.Title)
	if t.Occasion != nil {
		text = append(text, words(t.Occasion.Name+" "+t.Occasion.Venue+" "+t.Occasion.City)...)
	}
	for _, w := range wanted {
		found := false
		for _, word := range text {
			found = found || strings.HasPrefix(word, w)
		}
		if !found {
			return false
		}
	}
	return true
}
