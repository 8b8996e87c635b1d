package simulation

import "maps"

// shrinkRuns bounds how often a failing plan is run again to make it smaller.
const shrinkRuns = 400

// Shrink drops what a failing plan does not need to break the same promise: people, their steps, and faults. It returns
// the smallest plan found and its failure.
func Shrink(p *Plan) (*Plan, Result) {
	best := Run(p, nil)
	if best.Failure == nil {
		return p, best
	}
	runs := 0
	try := func(smaller *Plan) bool {
		if runs++; runs > shrinkRuns {
			return false
		}
		r := Run(smaller, nil)
		if r.Failure == nil || r.Failure.Promise != best.Failure.Promise {
			return false
		}
		p, best = smaller, r
		return true
	}
	for again := true; again && runs < shrinkRuns; {
		again = false
		for n := len(p.People) - 1; n >= 0; n-- {
			for s := len(p.People[n].Steps) - 1; s >= 0; s-- {
				again = try(p.without(n, s)) || again
			}
		}
		for size := len(best.Fired); size > 0; size /= 2 { // halves first, then one by one
			for at := 0; at+size <= len(best.Fired); {
				if !try(p.calmer(best.Fired[at : at+size])) {
					at += size
				} else {
					again = true
				}
			}
		}
	}
	return p, best
}

// without is the plan without a step of a person.
func (p *Plan) without(n, s int) *Plan {
	c := *p
	c.People = append([]Person(nil), p.People...)
	steps := p.People[n].Steps
	c.People[n].Steps = append(append([]Step(nil), steps[:s]...), steps[s+1:]...)
	return &c
}

// calmer is the plan without some faults.
func (p *Plan) calmer(faults []uint64) *Plan {
	c := *p
	c.Off = maps.Clone(p.Off)
	if c.Off == nil {
		c.Off = map[uint64]bool{}
	}
	for _, id := range faults {
		c.Off[id] = true
	}
	return &c
}
