package dynamodb

import (
	"usher.example/knative/dynamodb/internal/expression"
)

type queryInput struct {
	KeyConditionExpression *string
	ScanIndexForward       *bool
	KeyConditions          map[string]attributeTest
	QueryFilter            map[string]attributeTest
	reading
}

func (s *Server) query(body []byte) ([]byte, error) {
	in, err := decode[queryInput](body)
	if err != nil {
		return nil, err
	}
	var c constraints
	name := in.check(&c)
	if in.Limit != nil && *in.Limit < 1 {
		c.addUnseen("Limit", "Member must have value greater than or equal to 1")
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	conditions, filter, chosen, err := in.parse()
	if err != nil {
		return nil, err
	}
	p, err := s.newPage(&in.reading, name, filter, chosen)
	if err != nil {
		return nil, err
	}
	p.backward = in.ScanIndexForward != nil && !*in.ScanIndexForward
	if err := p.checkFilter(filter); err != nil {
		return nil, err
	}
	if p.span, err = keySpan(p.keys(), conditions); err != nil {
		return nil, err
	}
	if err := p.start(in.ExclusiveStartKey, invalid("The provided starting key is outside query boundaries based on provided conditions")); err != nil {
		return nil, err
	}
	return s.run(p, in.ReturnConsumedCapacity)
}

func (in *queryInput) parse() (conditions []expression.KeyCondition, filter *expression.Condition, chosen *expression.Projection, err error) {
	legacy := append(in.legacy(), parameter{"QueryFilter", in.QueryFilter != nil}, parameter{"KeyConditions", in.KeyConditions != nil})
	if err := exclusive(legacy, append(in.modern(), parameter{"KeyConditionExpression", in.KeyConditionExpression != nil})); err != nil {
		return nil, nil, nil, err
	}
	keyText := expressionText{"KeyConditionExpression", in.KeyConditionExpression}
	names, err := in.names(expressionText{"FilterExpression", in.FilterExpression}, expressionText{"ProjectionExpression", in.ProjectionExpression}, keyText)
	if err != nil {
		return nil, nil, nil, err
	}
	if filter, chosen, err = in.reading.parse(names, in.QueryFilter); err != nil {
		return nil, nil, nil, err
	}
	keys, err := condition(keyText, names)
	switch {
	case err != nil:
	case keys != nil:
		conditions, err = keys.KeyConditions()
	case in.KeyConditions != nil:
		conditions, err = legacyKeys(in.KeyConditions)
	default:
		err = invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	if err != nil {
		return nil, nil, nil, err
	}
	return conditions, filter, chosen, names.Unused()
}

func legacyKeys(all map[string]attributeTest) ([]expression.KeyCondition, error) {
	read, err := tests(all)
	if err != nil {
		return nil, err
	}
	var conditions []expression.KeyCondition
	for _, t := range read {
		k, ok := t.Key()
		if !ok {
			return nil, invalid("Attempted conditional constraint is not an indexable operation")
		}
		conditions = append(conditions, k)
	}
	return conditions, nil
}

// checkFilter refuses filters on what the query's key conditions already decide.
func (p *page) checkFilter(filter *expression.Condition) error {
	var err error
	if filter != nil {
		filter.Tops(func(name string) {
			for _, e := range p.keys().elements() {
				if err == nil && name == e.name {
					err = invalid("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", name)
				}
			}
		})
	}
	return err
}
