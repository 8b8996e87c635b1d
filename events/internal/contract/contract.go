// Package contract derives the documents of the events from their Go types: a JSON Schema for each kind of data, and an
// AsyncAPI 3 document that names every event with who sends it.
package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"usher.example/events"
)

// Message is one type of event.
type Message struct {
	Type      events.Type
	Source    string
	Schema    string // file name of its data's schema
	Says      string
	Versioned bool
}

// Messages are all types of events, in the order in which a purchase meets them.
var Messages = []Message{
	{events.TicketCreated, events.SourceTickets, "ticket.v1.json", "A ticket was put up for sale.", true},
	{events.TicketUpdated, events.SourceTickets, "ticket.v1.json", "A ticket was edited, held, freed or sold.", true},
	{events.TicketWithdrawn, events.SourceTickets, "ticket.v1.json", "A ticket was taken off the market.", true},
	{events.OrderCreated, events.SourceOrders, "order.v1.json", "A ticket was reserved for a buyer.", true},
	{events.OrderAwaitingPayment, events.SourceOrders, "order.v1.json", "The ticket is held: the order can be paid.", true},
	{events.OrderCompleted, events.SourceOrders, "order.v1.json", "The payment is authorised and the order complete: it is to be captured.", true},
	{events.OrderCancelled, events.SourceOrders, "order.v1.json", "The order is over; what was authorised is to be let go.", true},
	{events.OrderExpiring, events.SourceExpiration, "expiring.v1.json", "An order's time will soon be over, whatever has become of it.", false},
	{events.OrderExpired, events.SourceExpiration, "expiry.v1.json", "An order's time is over, whatever has become of it.", false},
	{events.PaymentCreated, events.SourcePayments, "payment.v1.json", "A payment is authorised.", true},
	{events.PaymentCaptured, events.SourcePayments, "payment.v1.json", "The money was taken.", true},
	{events.PaymentVoided, events.SourcePayments, "payment.v1.json", "The authorisation was let go: nobody was charged.", true},
	{events.PaymentFailed, events.SourcePayments, "payment.v1.json", "An authorised payment could not be captured.", true},
	{events.PaymentRefunded, events.SourcePayments, "payment.v1.json", "The money was given back.", true},
	{events.UserCreated, events.SourceUsers, "user.v1.json", "An account was opened.", true},
	{events.UserUpdated, events.SourceUsers, "user.v1.json", "An account has another password or address, or is not closing after all.", true},
	{events.UserClosing, events.SourceUsers, "user.v1.json", "The owner of an account wants it deleted: is anything of it live?", true},
	{events.UserDeleted, events.SourceUsers, "user.v1.json", "There is nobody behind this id any more; what is personal is to be forgotten.", true},
	{events.RecoveryAsked, events.SourceUsers, "recovery.v1.json", "Somebody forgot the password of an account, if there is one.", false},
	{events.ClearanceGiven, events.SourceTickets, "clearance.v1.json", "Nothing of an account that is to be deleted is live in tickets; from orders: in orders.", true},
	{events.ClearanceRefused, events.SourceTickets, "clearance.v1.json", "Something of an account that is to be deleted is live in tickets; from orders: in orders.", true},
}

// data gives each schema's Go type.
var data = map[string]any{
	"ticket.v1.json":    events.Ticket{},
	"order.v1.json":     events.Order{},
	"expiring.v1.json":  events.Expiring{},
	"expiry.v1.json":    events.Expiry{},
	"payment.v1.json":   events.Payment{},
	"clearance.v1.json": events.Clearance{},
	"recovery.v1.json":  events.Recovery{},
	"user.v1.json":      events.User{},
}

// Files are the documents by file name.
func Files() (map[string][]byte, error) {
	files := map[string][]byte{}
	for name, value := range data {
		content, err := schema(name, value)
		if err != nil {
			return nil, err
		}
		files[name] = content
	}
	content, err := encode(asyncAPI())
	files["asyncapi.json"] = content
	return files, err
}

func schema(name string, value any) ([]byte, error) { return encode(reflected(name, value)) }

func reflected(name string, value any) *jsonschema.Schema {
	r := jsonschema.Reflector{ExpandedStruct: true, AllowAdditionalProperties: true} // a reader ignores what it does not know
	s := r.Reflect(value)
	s.ID = jsonschema.ID(events.SchemaBase + name)
	s.Title = strings.TrimSuffix(name, ".json")
	return s
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode contract: %w", err)
	}
	return b.Bytes(), nil
}

type object = map[string]any

// asyncAPI describes one channel, the Broker, and a send operation for each sender.
func asyncAPI() object {
	messages, refs, operations := object{}, object{}, object{}
	bySource := map[string][]object{}
	for _, m := range Messages {
		name := strings.ReplaceAll(string(m.Type), ".", "-")
		messages[name] = object{
			"name": string(m.Type), "title": string(m.Type), "summary": m.Says, "contentType": "application/json",
			"headers": headers(m), "payload": object{"$ref": "./" + m.Schema},
		}
		refs[name] = object{"$ref": "#/components/messages/" + name}
		bySource[m.Source] = append(bySource[m.Source], object{"$ref": "#/channels/broker/messages/" + name})
	}
	for _, source := range slices.Sorted(maps.Keys(bySource)) {
		operations["send-"+strings.TrimPrefix(source, "/usher/")] = object{
			"action": "send", "summary": "What " + source + " tells the others.",
			"channel": object{"$ref": "#/channels/broker"}, "messages": bySource[source],
		}
	}
	return object{
		"asyncapi": "3.0.0",
		"info": object{
			"title": "Usher events", "version": "1.0.0", "license": object{"name": "Apache-2.0"},
			"description": "Each event is a CloudEvent 1.0 carrying an aggregate's whole public state after a change. Keep the newest version, ignore the rest.",
		},
		"defaultContentType": "application/json",
		"channels": object{"broker": object{
			"address": "/{namespace}/{broker}", "description": "The Knative Broker that every event passes.", "messages": refs,
			"parameters": object{"namespace": object{"default": "usher"}, "broker": object{"default": "usher"}},
		}},
		"operations": operations,
		"components": object{"messages": messages},
	}
}

// headers are the CloudEvents attributes of a message, in the binary mode of the HTTP binding.
func headers(m Message) object {
	text := func(says string) object { return object{"type": "string", "description": says} }
	p := object{
		"ce-specversion": object{"const": "1.0"}, "ce-type": object{"const": string(m.Type)}, "ce-source": object{"const": m.Source},
		"ce-id":         text("The aggregate's id and version; the same event sent again has the same id."),
		"ce-subject":    text("The aggregate's id."),
		"ce-time":       object{"type": "string", "format": "date-time"},
		"ce-dataschema": object{"const": events.SchemaBase + m.Schema}, "ce-partitionkey": text("The aggregate's id."),
		"ce-traceparent": text("W3C trace context."),
	}
	if m.Versioned {
		p["ce-sequence"] = text("The aggregate's version, zero-padded to 20 digits.")
	}
	return object{"type": "object", "properties": p}
}
