package dynamodb

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"usher.example/knative/dynamodb/internal/engine"
)

// Settings of tables that this server keeps and tells, and does not act on: items do not expire by TTL.

type timeToLiveInput struct {
	TableName               *string
	TimeToLiveSpecification *struct {
		AttributeName *string
		Enabled       *bool
	}
}

func (s *Server) updateTimeToLive(body []byte) ([]byte, error) {
	in, err := decode[timeToLiveInput](body)
	if err != nil {
		return nil, err
	}
	var c constraints
	name := c.tableName(in.TableName)
	c.required("timeToLiveSpecification", in.TimeToLiveSpecification != nil)
	if spec := in.TimeToLiveSpecification; spec != nil {
		c.required("timeToLiveSpecification.attributeName", spec.AttributeName != nil)
		c.required("timeToLiveSpecification.enabled", spec.Enabled != nil)
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	next := timeToLive{*in.TimeToLiveSpecification.AttributeName, *in.TimeToLiveSpecification.Enabled}
	if next.AttributeName == "" {
		return nil, invalid("TimeToLiveSpecification.AttributeName must not be empty")
	}
	_, err = s.define(name, func(_ engine.Writer, current *table) (*definition, error) {
		if current == nil {
			return nil, notFound("Requested resource not found: Table: %s not found", name)
		}
		d := current.definition
		enabled := d.TimeToLive != nil && d.TimeToLive.Enabled
		switch {
		case enabled && next.Enabled:
			return nil, invalid("TimeToLive is already enabled")
		case !enabled && !next.Enabled:
			return nil, invalid("TimeToLive is already disabled")
		case enabled && d.TimeToLive.AttributeName != next.AttributeName:
			return nil, invalid("TimeToLive is active on a different AttributeName: current AttributeName is %s", d.TimeToLive.AttributeName)
		}
		d.TimeToLive = &next
		return &d, nil
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]timeToLive{"TimeToLiveSpecification": next})
}

func (s *Server) describeTimeToLive(body []byte) ([]byte, error) {
	name, err := named(body)
	if err != nil {
		return nil, err
	}
	t, err := s.tableNamed(name)
	if err != nil {
		return nil, err
	}
	r := newReply()
	r.name("TimeToLiveDescription").open('{')
	if t.TimeToLive != nil && t.TimeToLive.Enabled {
		r.name("TimeToLiveStatus").string("ENABLED").name("AttributeName").string(t.TimeToLive.AttributeName)
	} else {
		r.name("TimeToLiveStatus").string("DISABLED")
	}
	return r.close('}').end(), nil
}

type tagInput struct {
	ResourceArn *string
	Tags        []tag
	TagKeys     []string
}

// tagged reads a request about a table's tags, which names the table by its ARN.
func (s *Server) tagged(body []byte) (*tagInput, string, error) {
	in, err := decode[tagInput](body)
	if err != nil {
		return nil, "", err
	}
	if in.ResourceArn == nil {
		return nil, "", invalid("Invalid TableArn")
	}
	_, name, ok := strings.Cut(*in.ResourceArn, ":table/")
	if !ok {
		return nil, "", invalid("Invalid TableArn: Invalid ResourceArn provided as input %s", *in.ResourceArn)
	}
	if _, err := s.catalog.get(name); err != nil {
		return nil, "", notFound("Requested resource not found: ResourcArn: %s not found", *in.ResourceArn)
	}
	return in, name, nil
}

// maxTags is how many tags one table has.
const maxTags = 50

// retag replaces a table's tags.
func (s *Server) retag(name string, f func([]tag) []tag) ([]byte, error) {
	_, err := s.define(name, func(_ engine.Writer, current *table) (*definition, error) {
		if current == nil {
			return nil, errTableNotFound
		}
		d := current.definition
		if d.Tags = f(slices.Clone(d.Tags)); len(d.Tags) > maxTags {
			return nil, invalidValue("Too many tags: a table has at most %d", maxTags)
		}
		return &d, nil
	})
	return nil, err
}

func (s *Server) tagResource(body []byte) ([]byte, error) {
	in, name, err := s.tagged(body)
	if err != nil {
		return nil, err
	}
	if len(in.Tags) == 0 {
		return nil, invalid("Atleast one Tag needs to be provided as Input.")
	}
	return s.retag(name, func(tags []tag) []tag {
		for _, next := range in.Tags {
			tags = slices.DeleteFunc(tags, func(t tag) bool { return t.Key == next.Key })
			tags = append(tags, next)
		}
		return tags
	})
}

func (s *Server) untagResource(body []byte) ([]byte, error) {
	in, name, err := s.tagged(body)
	if err != nil {
		return nil, err
	}
	if len(in.TagKeys) == 0 {
		return nil, invalid("Atleast one Tag Key needs to be provided as Input.")
	}
	return s.retag(name, func(tags []tag) []tag {
		return slices.DeleteFunc(tags, func(t tag) bool { return slices.Contains(in.TagKeys, t.Key) })
	})
}

func (s *Server) listTags(body []byte) ([]byte, error) {
	_, name, err := s.tagged(body)
	if err != nil {
		return nil, err
	}
	t, err := s.catalog.get(name)
	if err != nil {
		return nil, err
	}
	r := newReply()
	r.name("Tags").open('[')
	for _, x := range t.Tags {
		r.comma().open('{').name("Key").string(x.Key).name("Value").string(x.Value).close('}')
	}
	return r.close(']').end(), nil
}

// accountUnits are the limits that AWS gives to a new account; nothing here enforces them.
const accountUnits = 80000

func (s *Server) describeLimits([]byte) ([]byte, error) {
	r := newReply()
	for _, name := range []string{"AccountMaxReadCapacityUnits", "AccountMaxWriteCapacityUnits", "TableMaxReadCapacityUnits", "TableMaxWriteCapacityUnits"} {
		units := accountUnits
		if strings.HasPrefix(name, "Table") {
			units = accountUnits / 2
		}
		r.name(name).int(units)
	}
	return r.end(), nil
}

// cacheMinutes is how long clients may keep what describeEndpoints says.
const cacheMinutes = 1440

func (s *Server) describeEndpoints([]byte) ([]byte, error) {
	r := newReply()
	r.name("Endpoints").open('[').open('{').name("Address").string("localhost").name("CachePeriodInMinutes").int(cacheMinutes)
	return r.close('}').close(']').end(), nil
}
