package dynamodb

import (
	"fmt"

	"usher.example/knative/dynamodb/internal/engine"
	"usher.example/knative/dynamodb/internal/value"
)

type transactGetInput struct {
	TransactItems []struct {
		Get *struct {
			TableName *string
			Key       value.Item
			choosing
		}
	}
	reporting
}

func (s *Server) transactGetItems(body []byte) ([]byte, error) {
	in, err := decode[transactGetInput](body)
	if err != nil {
		return nil, err
	}
	gets, err := s.planTransactGet(in)
	if err != nil {
		return nil, err
	}
	var used consumption
	out := newReply()
	err = s.engine.View(func(r engine.Reader) error {
		out.name("Responses").open('[')
		for _, g := range gets {
			rec, err := g.record(r)
			if err != nil {
				return err
			}
			used.of(g.table, false, true).base += readUnits(rec.size(), true)
			out.comma().open('{')
			if rec != nil {
				out.name("Item")
				if err := rec.appendTo(out, g.chosen); err != nil {
					return err
				}
			}
			out.close('}')
		}
		out.close(']')
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.account.addAll(used)
	used.report(out, in.ReturnConsumedCapacity)
	return out.end(), nil
}

func (s *Server) planTransactGet(in *transactGetInput) ([]*itemGet, error) {
	var c constraints
	c.actions(in.TransactItems != nil, len(in.TransactItems))
	in.reporting.check(&c)
	for i, a := range in.TransactItems {
		at := fmt.Sprintf("transactItems.%d.member.get", i+1)
		if a.Get == nil {
			c.required(at, false)
			continue
		}
		c.tableNameAt(at+".tableName", a.Get.TableName)
		c.required(at+".key", a.Get.Key != nil)
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	reasons := make([]reason, len(in.TransactItems))
	refused := false
	var gets []*itemGet
	seen := map[string]bool{}
	for i, a := range in.TransactItems {
		reasons[i].Code = "None"
		chosen, err := a.Get.parse()
		if err == nil {
			err = checkValues(a.Get.Key)
		}
		if err != nil {
			return nil, err
		}
		if _, err := s.catalog.get(c.tableName(a.Get.TableName)); err != nil {
			return nil, err
		}
		g, err := s.planGet(c.tableName(a.Get.TableName), a.Get.Key, chosen)
		if err != nil {
			reasons[i], refused = reason{Code: "ValidationError", Message: asFailure(err).message}, true
			continue
		}
		place := g.table.TableName + "/" + string(g.key)
		if seen[place] {
			return nil, invalid("Transaction request cannot include multiple operations on one item")
		}
		seen[place] = true
		gets = append(gets, g)
	}
	if refused {
		return nil, cancelled(reasons)
	}
	return gets, nil
}
