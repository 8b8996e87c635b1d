package dynamodb

import "usher.example/knative/dynamodb/internal/value"

// reason is why one action of a transaction stood in its way; the zero Code is "None".
type reason struct {
	Code    string
	Message string
	Item    value.Item
}

func appendReasons(r *reply, reasons []reason) {
	r.name("CancellationReasons").open('[')
	for _, x := range reasons {
		r.comma().open('{').name("Code").string(x.Code)
		if x.Message != "" {
			r.name("Message").string(x.Message)
		}
		if x.Item != nil {
			r.name("Item").item(x.Item)
		}
		r.close('}')
	}
	r.close(']')
}
