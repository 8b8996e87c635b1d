package delivery

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// isoDuration is ISO 8601's duration without years and months, which have no
// fixed length. Every number may have a fraction, with a point or a comma.
var isoDuration = regexp.MustCompile(
	`^P(?:(\d+(?:[.,]\d+)?)W)?(?:(\d+(?:[.,]\d+)?)D)?(?:T(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?$`)

var isoUnits = []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second}

// maxISODuration keeps sums and products of durations far from overflow.
const maxISODuration = 366 * 24 * time.Hour

// ParseDuration reads an ISO 8601 duration such as PT0.05S or P1DT2H, to the
// millisecond. (The library that Knative validates with rounds PT0.05S to zero
// when it is asked for a duration.)
func ParseDuration(text string) (time.Duration, error) {
	parts := isoDuration.FindStringSubmatch(text)
	if parts == nil || text == "P" || text[len(text)-1] == 'T' {
		return 0, fmt.Errorf("%q is no ISO 8601 duration; write for example PT0.2S, PT30S or P1D", text)
	}
	var total time.Duration
	for i, unit := range isoUnits {
		if parts[i+1] == "" {
			continue
		}
		number, err := strconv.ParseFloat(commaToPoint(parts[i+1]), 64)
		if err != nil || number*float64(unit) > float64(maxISODuration) {
			return 0, fmt.Errorf("%q is longer than a year", text)
		}
		total += time.Duration(math.Round(number * float64(unit)))
	}
	if total > maxISODuration {
		return 0, fmt.Errorf("%q is longer than a year", text)
	}
	return total.Round(time.Millisecond), nil
}

func commaToPoint(number string) string {
	out := []byte(number)
	for i := range out {
		if out[i] == ',' {
			out[i] = '.'
		}
	}
	return string(out)
}
