package dynamodb

// choose applies Select.
func (p *page) choose(in *reading) error {
	which := ""
	if in.Select != nil {
		which = *in.Select
	}
	switch {
	case which == "COUNT":
		p.countOnly = true
	case which == "SPECIFIC_ATTRIBUTES" && p.chosen == nil:
		return invalid("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
	case which == "ALL_PROJECTED_ATTRIBUTES" && p.index == nil:
		return invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	}
	if which != "" && which != "SPECIFIC_ATTRIBUTES" && p.chosen != nil {
		return invalid("Cannot specify the ProjectionExpression when choosing to get %s", which)
	}
	if p.index == nil || p.index.projected == nil {
		return nil
	}
	missing := ""
	if p.chosen != nil {
		p.chosen.Tops(func(name string) {
			if !p.index.projected[name] {
				missing = name
			}
		})
	}
	switch {
	case which != "ALL_ATTRIBUTES" && missing == "":
		return nil
	case p.index.local:
		p.fetch = true
		return nil
	case missing != "":
		return invalidValue("Global secondary index %s does not project [%s]", p.index.name, missing)
	}
	return invalidValue("Select type ALL_ATTRIBUTES is not supported for global secondary index %s because its projection type is not ALL", p.index.name)
}
