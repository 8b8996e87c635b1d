package simulation

import (
	"fmt"
	"testing"
	"time"
)

func TestSimulate(t *testing.T) {
	begin := time.Now()
	n := 200
	steps, outcomes := 0, map[string]int{}
	fails := 0
	for seed := range n {
		r := Run(NewPlan(uint64(seed)), nil)
		steps += r.Steps
		for k, v := range r.Outcomes {
			outcomes[k] += v
		}
		if r.Failure != nil {
			fails++
			t.Errorf("seed %d: %v", seed, r.Failure)
		}
	}
	fmt.Println(n, "seeds", steps/n, "steps", time.Since(begin)/time.Duration(n), outcomes, fails)
}
