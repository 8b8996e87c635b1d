package dynamodb

import (
	"usher.example/knative/dynamodb/internal/expression"
)

type scanInput struct {
	Segment       *int
	TotalSegments *int
	ScanFilter    map[string]attributeTest
	reading
}

// maxSegments is how many workers may share a scan.
const maxSegments = 1000000

func (s *Server) scan(body []byte) ([]byte, error) {
	in, err := decode[scanInput](body)
	if err != nil {
		return nil, err
	}
	var c constraints
	name := in.check(&c)
	c.atLeast("limit", in.Limit, 1)
	c.atLeast("totalSegments", in.TotalSegments, 1)
	c.atMost("totalSegments", in.TotalSegments, maxSegments)
	c.atLeast("segment", in.Segment, 0)
	c.atMost("segment", in.Segment, maxSegments-1)
	if err := c.err(); err != nil {
		return nil, err
	}
	if err := in.checkSegments(); err != nil {
		return nil, err
	}
	filter, chosen, err := in.parse()
	if err != nil {
		return nil, err
	}
	p, err := s.newPage(&in.reading, name, filter, chosen)
	if err != nil {
		return nil, err
	}
	if in.TotalSegments != nil {
		p.span = segmentSpan(*in.Segment, *in.TotalSegments)
	}
	if err := p.start(in.ExclusiveStartKey, invalid("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment.")); err != nil {
		return nil, err
	}
	return s.run(p, in.ReturnConsumedCapacity)
}

func (in *scanInput) checkSegments() error {
	switch {
	case in.TotalSegments == nil && in.Segment != nil:
		return invalid("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case in.TotalSegments != nil && in.Segment == nil:
		return invalid("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case in.Segment != nil && *in.Segment >= *in.TotalSegments:
		return invalid("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: %d is not less than TotalSegments: %d", *in.Segment, *in.TotalSegments)
	}
	return nil
}

func (in *scanInput) parse() (filter *expression.Condition, chosen *expression.Projection, err error) {
	if err := exclusive(append(in.legacy(), parameter{"ScanFilter", in.ScanFilter != nil}), in.modern()); err != nil {
		return nil, nil, err
	}
	names, err := in.names(expressionText{"FilterExpression", in.FilterExpression}, expressionText{"ProjectionExpression", in.ProjectionExpression})
	if err != nil {
		return nil, nil, err
	}
	if filter, chosen, err = in.reading.parse(names, in.ScanFilter); err != nil {
		return nil, nil, err
	}
	return filter, chosen, names.Unused()
}
