package filter

import (
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
)

type f = eventingv1.SubscriptionsAPIFilter

func sample() *event.Event {
	e := event.New()
	e.SetID("id-1")
	e.SetType("usher.order.created.v1")
	e.SetSource("/usher/orders")
	e.SetSubject("o-1")
	e.SetTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	e.SetExtension("region", "eu")
	e.SetExtension("attempt", 5)
	e.SetExtension("final", true)
	return &e
}

func TestFilters(t *testing.T) {
	exact := func(k, v string) f { return f{Exact: map[string]string{k: v}} }
	sql := func(s string) f { return f{CESQL: s} }
	for _, tc := range []struct {
		name       string
		attributes map[string]string
		filters    []f
		want       bool
	}{
		{"F6 none is everything", nil, nil, true},
		{"F6 empty attributes are everything", map[string]string{}, []f{}, true},
		{"F1 one attribute", map[string]string{"type": "usher.order.created.v1"}, nil, true},
		{"F1 all must hold", map[string]string{"type": "usher.order.created.v1", "source": "/other"}, nil, false},
		{"F1 case matters", map[string]string{"type": "Usher.order.created.v1"}, nil, false},
		{"F1 empty asks for presence", map[string]string{"subject": "", "region": ""}, nil, true},
		{"F1 presence of what is absent", map[string]string{"dataschema": ""}, nil, false},
		{"F1 presence of an absent extension", map[string]string{"other": ""}, nil, false},
		{"F1 an integer extension", map[string]string{"attempt": "5"}, nil, true},
		{"F1 a boolean extension", map[string]string{"final": "true"}, nil, true},
		{"F1 time in its canonical form", map[string]string{"time": "2026-01-02T03:04:05Z"}, nil, true},
		{"F2 filters override attributes", map[string]string{"type": "no"}, []f{exact("region", "eu")}, true},
		{"F2 filters override matching attributes", map[string]string{"region": "eu"}, []f{exact("region", "us")}, false},
		{"F3 several filters must all hold", nil, []f{exact("region", "eu"), exact("subject", "o-2")}, false},
		{"F3 exact", nil, []f{exact("subject", "o-1")}, true},
		{"F3 exact with two attributes", nil, []f{{Exact: map[string]string{"subject": "o-1", "region": "us"}}}, false},
		{"F3 prefix", nil, []f{{Prefix: map[string]string{"type": "usher.order."}}}, true},
		{"F3 prefix is no substring", nil, []f{{Prefix: map[string]string{"type": "order."}}}, false},
		{"F3 suffix", nil, []f{{Suffix: map[string]string{"type": ".v1"}}}, true},
		{"F3 suffix of an integer", nil, []f{{Suffix: map[string]string{"attempt": "5"}}}, true},
		{"F3 all", nil, []f{{All: []f{exact("region", "eu"), exact("subject", "o-1")}}}, true},
		{"F3 all with one that fails", nil, []f{{All: []f{exact("region", "eu"), exact("subject", "x")}}}, false},
		{"F3 any", nil, []f{{Any: []f{exact("region", "us"), exact("subject", "o-1")}}}, true},
		{"F3 any with none", nil, []f{{Any: []f{exact("region", "us"), exact("subject", "x")}}}, false},
		{"F3 not", nil, []f{{Not: &f{Exact: map[string]string{"region": "us"}}}}, true},
		{"F3 not of a match", nil, []f{{Not: &f{Exact: map[string]string{"region": "eu"}}}}, false},
		{"F3 nested", nil, []f{{Any: []f{{All: []f{{Not: &f{Prefix: map[string]string{"type": "x"}}}, exact("region", "eu")}}, exact("id", "no")}}}, true},
		{"F3 cesql", nil, []f{sql("type LIKE 'usher.order.%' AND attempt > 4")}, true},
		{"F3 cesql that is false", nil, []f{sql("attempt > 5")}, false},
		{"F3 cesql EXISTS", nil, []f{sql("EXISTS region AND NOT EXISTS other")}, true},
		{"F3 cesql IN", nil, []f{sql("region IN ('us', 'eu')")}, true},
		{"F4 a missing attribute is no match", nil, []f{exact("other", "x")}, false},
		{"F4 cesql with a missing attribute", nil, []f{sql("other = 'x'")}, false},
		{"F4 a cesql error is no match", nil, []f{sql("INT(region) = 5")}, false},
		{"F4 not of a cesql error is no match", nil, []f{{Not: &f{CESQL: "INT(region) = 5"}}}, false},
		{"F4 cesql that is no boolean", nil, []f{sql("'abc'")}, false},
		{"F4 cesql that is a number", nil, []f{sql("5")}, false},
		{"F4 not of cesql that is no boolean", nil, []f{{Not: &f{CESQL: "5 + 5"}}}, false},
		{"F4 an error beside a match under any", nil, []f{{Any: []f{sql("INT(region) = 5"), exact("region", "eu")}}}, true},
		{"F4 an error beside a match under all", nil, []f{{All: []f{sql("INT(region) = 5"), exact("region", "eu")}}}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := Compile(tc.attributes, tc.filters)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Match(sample()); got != tc.want {
				t.Errorf("matched is %t, want %t", got, tc.want)
			}
		})
	}
}

func TestInvalidFiltersAreRefused(t *testing.T) {
	deep := f{Exact: map[string]string{"type": "x"}}
	for range 40 {
		inner := deep
		deep = f{Not: &inner}
	}
	for _, tc := range []struct {
		name       string
		attributes map[string]string
		filters    []f
		says       string
	}{
		{"F5 a bad attribute name", map[string]string{"Type": "x"}, nil, "lower-case"},
		{"F5 a bad name in exact", nil, []f{{Exact: map[string]string{"my-type": "x"}}}, "filters[0].exact"},
		{"F5 an empty name", nil, []f{{Prefix: map[string]string{"": "x"}}}, "empty"},
		{"an empty value", nil, []f{{Suffix: map[string]string{"type": ""}}}, "empty value"},
		{"F3 two dialects in one object", nil, []f{{Exact: map[string]string{"type": "x"}, CESQL: "TRUE"}}, "exact, cesql"},
		{"no dialect", nil, []f{{}}, "no dialect"},
		{"an empty exact", nil, []f{{Exact: map[string]string{}}}, "at least one"},
		{"an empty all", nil, []f{{All: []f{}}}, "at least one"},
		{"not of an invalid filter", nil, []f{{Not: &f{}}}, "filters[0].not"},
		{"invalid inside any", nil, []f{{Any: []f{{Exact: map[string]string{"type": "x"}}, {}}}}, "filters[0].any[1]"},
		{"cesql that cannot be parsed", nil, []f{{CESQL: "type = = 'x'"}}, "cannot be parsed"},
		{"cesql that makes the parser panic", nil, []f{{CESQL: "("}}, "cannot be parsed"},
		{"cesql that is too long", nil, []f{{CESQL: strings.Repeat("x", maxSQLBytes+1)}}, "longer"},
		{"too deep", nil, []f{deep}, "levels"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Compile(tc.attributes, tc.filters)
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error is %v, should say %q", err, tc.says)
			}
		})
	}
}

func FuzzCESQL(fz *testing.F) {
	for _, seed := range []string{"TRUE", "(", "'a' LIKE 'b%'", "1/0 = 1", "EXISTS x", "ABS(", "type IN ()", "-", "\x00"} {
		fz.Add(seed)
	}
	fz.Fuzz(func(t *testing.T, text string) {
		c, err := Compile(nil, []f{{CESQL: text}})
		if err != nil {
			return
		}
		if text == "" {
			t.Fatal("an empty expression was accepted")
		}
		c.Match(sample()) // must not panic
	})
}
