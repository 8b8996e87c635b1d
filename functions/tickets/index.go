package tickets

import (
	"strconv"
	"unicode/utf8"

	"usher.example/events"
	"usher.example/shared/store"
)

// Listings is the table of the search index: what can be bought, by its words and in each order. It is made of the
// tickets' events (on_ticket.go), and can be lost without loss.
//
//	pk = id        sk = listing            a listing; while it is open, the indexes hold it in the orders of their names
//	pk = w:<c>     sk = word#id#epoch      an entry: the listing has this word, which begins with the character c
//	pk = rounds    sk = rounds             how far the comparison with the tickets is
//
// An entry is a fact: it never changes (store.Facts). What makes it wrong is that its listing is closed, or open as another
// epoch. A closed listing stays, so that what comes late does not open it again.
var Listings = store.Schema{Name: "listings", Sorted: true, Indexes: []store.Index{
	{Name: string(newest), Hash: "shard", Range: "pk", Project: []string{"card"}},
	{Name: string(soonest), Hash: "shard", Range: "soonest", Project: []string{"card"}},
	{Name: string(cheapest), Hash: "shard", Range: "cheapest", Project: []string{"card"}},
}}

// listing is a ticket in the index.
type listing struct {
	ID string `dynamodbav:"pk"`
	// Epoch is the version of the ticket that it was opened or closed for; its entries are marked with it.
	Epoch int64 `dynamodbav:"epoch"`
	// The rest is only there while it is open.
	Card     string `dynamodbav:"card,omitempty"`
	Shard    string `dynamodbav:"shard,omitempty"`
	Soonest  string `dynamodbav:"soonest,omitempty"`
	Cheapest string `dynamodbav:"cheapest,omitempty"`
}

func listingKey(id string) store.Key { return store.Key{PK: id, SK: "listing"} }

// open is the listing of a ticket as it is.
func open(t events.Ticket) *listing {
	c := cardOf(t)
	return &listing{
		ID: t.ID, Epoch: t.Version, Card: c.String(), Shard: store.Shard(t.ID), Soonest: soonest.key(c), Cheapest: cheapest.key(c),
	}
}

// closed is the listing of a ticket that cannot be bought.
func closed(t events.Ticket) *listing { return &listing{ID: t.ID, Epoch: t.Version} }

func (l *listing) isOpen() bool { return l != nil && l.Card != "" }

// entry is one word of a listing.
type entry struct {
	Key  string `dynamodbav:"sk"`
	Card string `dynamodbav:"card"`
}

// entries are the keys of a listing's words; it has none unless it is open.
func (l *listing) entries() ([]store.Key, error) {
	if !l.isOpen() {
		return nil, nil
	}
	c, err := parseCard(l.Card)
	if err != nil {
		return nil, err
	}
	var keys []store.Key
	for _, w := range c.each() {
		keys = append(keys, store.Key{PK: bucket(w), SK: w + separator + l.ID + separator + strconv.FormatInt(l.Epoch, 10)})
	}
	return keys, nil
}

// bucket is the hash key of a word's entries: its first character, as a search may give no more.
func bucket(word string) string {
	_, n := utf8.DecodeRuneInString(word)
	return "w:" + word[:n]
}
