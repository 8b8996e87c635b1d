package dynamodb

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"usher.example/knative/dynamodb/internal/engine"
	"usher.example/knative/dynamodb/internal/value"
)

// Limits of transactions.
const (
	maxTransactItems = 100
	maxTransactBytes = 4 << 20
)

// transactAction is one action of a TransactWriteItems; exactly one of its members is set.
type transactAction struct {
	ConditionCheck *updateItemInput
	Delete         *updateItemInput
	Update         *updateItemInput
	Put            *transactPut
}

type transactPut struct {
	Item value.Item
	conditional
}

type transactWriteInput struct {
	TransactItems      []transactAction
	ClientRequestToken *string
	reporting
}

func (s *Server) transactWriteItems(body []byte) ([]byte, error) {
	in, err := decode[transactWriteInput](body)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	if in.ClientRequestToken != nil {
		return s.tokens.once(*in.ClientRequestToken, sha256.Sum256(body), s.options.Clock(), func() ([]byte, error) { return s.transactWrite(in) })
	}
	return s.transactWrite(in)
}

// Bounds of ClientRequestToken, in characters.
const (
	minToken = 1
	maxToken = 36
)

func (in *transactWriteInput) check() error {
	var c constraints
	c.actions(in.TransactItems != nil, len(in.TransactItems))
	if in.ClientRequestToken != nil {
		c.length("clientRequestToken", *in.ClientRequestToken, minToken, maxToken)
	}
	in.reporting.check(&c)
	for i, a := range in.TransactItems {
		if kind, shared := a.shared(); shared != nil {
			at := fmt.Sprintf("transactItems.%d.member.%s.", i+1, kind)
			c.tableNameAt(at+"tableName", shared.TableName)
			a.checkRequired(&c, at)
			c.enum(at+"returnValuesOnConditionCheckFailure", shared.ReturnValuesOnConditionCheckFailure, "ALL_OLD", "NONE")
		}
	}
	if err := c.err(); err != nil {
		return err
	}
	for _, a := range in.TransactItems {
		set := 0
		for _, present := range []bool{a.ConditionCheck != nil, a.Delete != nil, a.Update != nil, a.Put != nil} {
			if present {
				set++
			}
		}
		switch {
		case set == 0:
			return invalid("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request")
		case set > 1:
			return invalid("TransactItems can only contain one of Check, Put, Update or Delete")
		}
	}
	return nil
}

// checkRequired finds what an action cannot be without; at begins the names of its members.
func (a transactAction) checkRequired(c *constraints, at string) {
	switch {
	case a.Put != nil:
		c.required(at+"item", a.Put.Item != nil)
	case a.Update != nil:
		c.required(at+"key", a.Update.Key != nil)
		c.required(at+"updateExpression", a.Update.UpdateExpression != nil)
	case a.Delete != nil:
		c.required(at+"key", a.Delete.Key != nil)
	case a.ConditionCheck != nil:
		c.required(at+"key", a.ConditionCheck.Key != nil)
		c.required(at+"conditionExpression", a.ConditionCheck.ConditionExpression != nil)
	}
}

func (c *constraints) actions(present bool, n int) {
	c.required("transactItems", present)
	if present && n == 0 {
		c.add("'[]'", "transactItems", "Member must have length greater than or equal to 1")
	}
	if n > maxTransactItems {
		c.add("'[...]'", "transactItems", "Member must have length less than or equal to 100")
	}
}

// shared is what every kind of action has, and the member that this one is.
func (a transactAction) shared() (member string, parameters *conditional) {
	switch {
	case a.Put != nil:
		return "put", &a.Put.conditional
	case a.Update != nil:
		return "update", &a.Update.conditional
	case a.Delete != nil:
		return "delete", &a.Delete.conditional
	case a.ConditionCheck != nil:
		return "conditionCheck", &a.ConditionCheck.conditional
	}
	return "", nil
}

// planner makes the write that an action asks for, for the table as it is.
type planner func(*table) (*itemWrite, error)

// read reads an action's expressions and values, which DynamoDB does before it looks for any table. A check is a write
// that leaves the item as it is.
func (a transactAction) read() (planner, error) {
	_, shared := a.shared()
	returnOld := shared.returnsOldOnFailure()
	if a.Put != nil {
		cond, err := shared.parse()
		if err == nil {
			err = checkValues(a.Put.Item)
		}
		return func(t *table) (*itemWrite, error) { return planPut(t, a.Put.Item, cond, returnOld) }, err
	}
	in := a.Update
	if in == nil {
		if in = a.Delete; in == nil {
			in = a.ConditionCheck
		}
		in.UpdateExpression, in.AttributeUpdates = nil, nil
	}
	update, cond, err := in.parseUpdate()
	if err == nil {
		err = checkValues(in.Key)
	}
	return func(t *table) (*itemWrite, error) {
		if a.Delete != nil {
			return planDelete(t, in.Key, cond, returnOld)
		}
		op, err := planUpdate(t, in.Key, update, cond, returnOld)
		if err == nil && a.ConditionCheck != nil {
			op.next = func(old value.Item) (value.Item, error) { return old, nil }
			op.checkOnly = true
		}
		return op, err
	}, err
}

func (s *Server) transactWrite(in *transactWriteInput) ([]byte, error) {
	planners := make([]planner, len(in.TransactItems))
	for i, a := range in.TransactItems {
		var err error
		if planners[i], err = a.read(); err != nil {
			return nil, err
		}
	}
	var writes []*itemWrite
	err := s.write(func() (tables []*table, apply func(engine.Writer) error, err error) {
		if writes, tables, err = s.planTransaction(in, planners); err != nil {
			return nil, nil, err
		}
		return tables, func(w engine.Writer) error { return commitAll(w, writes) }, nil
	})
	used := total(writes, true)
	s.account.addAll(used)
	if err != nil {
		return nil, err
	}
	r := newReply()
	used.report(r, in.ReturnConsumedCapacity)
	reportCollections(r, writes, in.ReturnItemCollectionMetrics)
	return r.end(), nil
}

func (s *Server) planTransaction(in *transactWriteInput, planners []planner) (writes []*itemWrite, tables []*table, err error) {
	seen := map[string]bool{}
	reasons := make([]reason, len(in.TransactItems))
	mismatched := false
	bytes := 0
	for i, a := range in.TransactItems {
		reasons[i].Code = "None"
		_, shared := a.shared()
		var c constraints
		t, err := s.catalog.get(c.tableName(shared.TableName))
		if err != nil {
			return nil, nil, err
		}
		op, err := planners[i](t)
		if err != nil {
			f := asFailure(err)
			if !f.mismatch {
				return nil, nil, err
			}
			reasons[i], mismatched = reason{Code: "ValidationError", Message: f.message}, true
			continue
		}
		place := op.table.TableName + "/" + string(op.key)
		if seen[place] {
			return nil, nil, invalid("Transaction request cannot include multiple operations on one item")
		}
		seen[place] = true
		if a.Put != nil {
			bytes += a.Put.Item.Size()
		}
		writes = append(writes, op)
		if !slices.Contains(tables, op.table) {
			tables = append(tables, op.table)
		}
	}
	if mismatched {
		return nil, nil, cancelled(reasons)
	}
	if bytes > maxTransactBytes {
		return nil, nil, invalid("Transaction request cannot exceed %d bytes of items", maxTransactBytes)
	}
	return writes, tables, nil
}

// notValid begins the messages about empty key values, which DynamoDB refuses before a transaction begins.
const notValid = "One or more parameter values are not valid."

// commitAll decides every action, so that each has its reason, and stores them only if all may go.
func commitAll(w engine.Writer, writes []*itemWrite) error {
	reasons := make([]reason, len(writes))
	refused := false
	for i, op := range writes {
		reasons[i].Code = "None"
		err := op.decide(w)
		if err == nil {
			continue
		}
		f := asFailure(err)
		if f.status >= 500 {
			return err
		}
		if strings.HasPrefix(f.message, notValid) {
			return err
		}
		refused = true
		reasons[i] = reason{Code: "ValidationError", Message: f.message}
		if strings.HasSuffix(f.kind, "ConditionalCheckFailedException") {
			reasons[i] = reason{Code: "ConditionalCheckFailed", Message: f.message, Item: f.item}
		}
	}
	if refused {
		return cancelled(reasons)
	}
	for _, op := range writes {
		if op.checkOnly {
			continue
		}
		if err := op.store(w); err != nil {
			return err
		}
	}
	return nil
}

// reason is why one action of a transaction stood in its way; the Code "None" says that it did not.
type reason struct {
	Code    string
	Message string
	Item    value.Item
}

func cancelled(reasons []reason) error {
	codes := make([]string, len(reasons))
	for i, r := range reasons {
		codes[i] = r.Code
	}
	return &failure{
		kind:    modelErrors + "TransactionCanceledException",
		message: "Transaction cancelled, please refer cancellation reasons for specific reasons [" + strings.Join(codes, ", ") + "]",
		reasons: reasons,
	}
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
