package stripe

import (
	"regexp"

	"usher.example/knative/stripe/apierror"
	"usher.example/knative/stripe/payment"
	"usher.example/knative/stripe/store"
)

// The two kinds of clauses of Stripe's search language that find the payment of an
// order.
var (
	metadataClause = regexp.MustCompile(`^metadata\[(?:'([^']+)'|"([^"]+)")\]:(?:'([^']*)'|"([^"]*)")$`)
	statusClause   = regexp.MustCompile(`^status:(?:'([a-z_]+)'|"([a-z_]+)")$`)
	and            = regexp.MustCompile(`(?i) +AND +`)
)

// maxQuery is Stripe's limit of clauses times what one may take.
const maxQuery = 4096

// searchResult is a page of what was found. The double finds at once what Stripe
// finds within a minute, and never more than one page of it.
type searchResult struct {
	Object   string           `json:"object"`
	URL      string           `json:"url"`
	HasMore  bool             `json:"has_more"`
	NextPage *string          `json:"next_page"`
	Data     []payment.Intent `json:"data"`
}

func searchIntents(c *call) (any, error) {
	c.in.Require("query")
	query := c.in.Text("query", maxQuery)
	limit := c.in.Int("limit", defaultLimit)
	if limit < 1 || limit > maxLimit {
		c.in.Refuse(apierror.Invalid(apierror.CodeParameterInvalidInteger, "limit", "Invalid limit: must be between 1 and %d", maxLimit))
	}
	if err := c.in.Finish(); err != nil {
		return nil, err
	}
	fits, refusal := parseQuery(query)
	if refusal != nil {
		return nil, refusal
	}
	found := searchResult{Object: "search_result", URL: "/v1/payment_intents/search", Data: []payment.Intent{}}
	err := store.Newest(c.tx, store.Intents, "", func(_ string, in payment.Intent) (bool, error) {
		if fits(&in) {
			found.Data = append(found.Data, in)
		}
		return int64(len(found.Data)) < limit, nil
	})
	return found, err
}

// parseQuery reads clauses joined by AND.
func parseQuery(query string) (func(*payment.Intent) bool, *apierror.Error) {
	var clauses []func(*payment.Intent) bool
	for _, clause := range and.Split(query, -1) {
		if m := metadataClause.FindStringSubmatch(clause); m != nil {
			key, value := m[1]+m[2], m[3]+m[4]
			clauses = append(clauses, func(in *payment.Intent) bool { return in.Metadata[key] == value })
		} else if m := statusClause.FindStringSubmatch(clause); m != nil {
			status := payment.Status(m[1] + m[2])
			clauses = append(clauses, func(in *payment.Intent) bool { return in.Status == status })
		} else {
			return nil, apierror.Invalid("", "query", "The test double cannot search for %q. It knows metadata['key']:'value' and status:'value', joined by AND.", clause)
		}
	}
	return func(in *payment.Intent) bool {
		for _, fits := range clauses {
			if !fits(in) {
				return false
			}
		}
		return true
	}, nil
}
