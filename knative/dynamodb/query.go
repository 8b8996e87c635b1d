package dynamodb

import (
	"usher.example/knative/dynamodb/internal/expression"
	"usher.example/knative/dynamodb/internal/value"
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

// keySpan finds the stretch of a space that key conditions ask for.
func keySpan(k key, conditions []expression.KeyCondition) (span, error) {
	var hash, sort *expression.KeyCondition
	for i, c := range conditions {
		switch {
		case c.Name == k.hash.name:
			hash = &conditions[i]
		case k.sort.name != "" && c.Name == k.sort.name:
			sort = &conditions[i]
		}
	}
	switch {
	case hash == nil:
		return span{}, invalid("Query condition missed key schema element: %s", k.hash.name)
	case len(conditions) == 2 && sort == nil && k.sort.name != "":
		return span{}, invalid("Query condition missed key schema element: %s", k.sort.name)
	case len(conditions) > 1 && sort == nil || len(conditions) > 2 || hash.Op != "=":
		return span{}, invalid("Query key condition not supported")
	}
	if err := checkOperands(k.hash, hash); err != nil {
		return span{}, err
	}
	if sort != nil {
		if err := checkOperands(k.sort, sort); err != nil {
			return span{}, err
		}
	}
	if v := hash.Args[0]; v.Kind != value.N && v.Str == "" {
		return span{}, invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", longKind(v.Kind), k.hash.name)
	}
	if hash.Args[0].Size() > maxHashLength {
		return span{}, invalidValue("Size of hashkey has exceeded the maximum size limit of%d bytes", maxHashLength)
	}
	return querySpan(hash.Args[0], sort), nil
}

func checkOperands(e keyElement, c *expression.KeyCondition) error {
	if c.Op == "begins_with" && e.kind == value.N {
		return invalid("Invalid operator used in KeyConditionExpression: begins_with")
	}
	for _, v := range c.Args {
		if v.Kind != e.kind {
			return invalidValue("Condition parameter type does not match schema type")
		}
		if v.Size() > maxHashLength {
			return invalidValue("Aggregated size of all range keys has exceeded the size limit of %d bytes", maxSortLength)
		}
	}
	return nil
}
