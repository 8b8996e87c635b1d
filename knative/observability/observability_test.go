// Package observability_test holds the dashboard and the alert rules to the metrics that there are.
package observability_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

var (
	// inCode is a metric's name where it is defined.
	inCode = regexp.MustCompile(`"((?:usher|event|process)_[a-z_]+)"`)
	// inExpression is one where it is used; labels have no such beginning.
	inExpression = regexp.MustCompile(`\b(?:usher|event|process)_[a-z_]+`)
)

// defined are the names of the metrics of functions and of the Broker.
func defined(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, file := range []string{"../../shared/metrics/metrics.go", "../broker/metrics/metrics.go"} {
		code, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range inCode.FindAllStringSubmatch(string(code), -1) {
			for _, suffix := range []string{"", "_bucket", "_sum", "_count"} {
				names[m[1]+suffix] = true
			}
		}
	}
	return names
}

// hold fails the test where an expression names a metric that there is not, or cannot be one. It returns the names.
func hold(t *testing.T, what, expr string, names map[string]bool) []string {
	t.Helper()
	used := inExpression.FindAllString(expr, -1)
	if len(used) == 0 {
		t.Errorf("%s: %q names no metric", what, expr)
	}
	for _, name := range used {
		if !names[name] {
			t.Errorf("%s: there is no metric %s", what, name)
		}
	}
	for _, pair := range []string{"()", "[]", "{}"} {
		if strings.Count(expr, pair[:1]) != strings.Count(expr, pair[1:]) {
			t.Errorf("%s: %q is not balanced", what, expr)
		}
	}
	return used
}

func TestAlerts(t *testing.T) {
	content, err := os.ReadFile("alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string `json:"name"`
			Rules []struct {
				Alert       string            `json:"alert"`
				Expr        string            `json:"expr"`
				For         string            `json:"for"`
				Labels      map[string]string `json:"labels"`
				Annotations map[string]string `json:"annotations"`
			} `json:"rules"`
		} `json:"groups"`
	}
	if err := yaml.UnmarshalStrict(content, &file); err != nil {
		t.Fatal(err)
	}
	names, seen := defined(t), map[string]bool{}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			hold(t, rule.Alert, rule.Expr, names)
			if seen[rule.Alert] || rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
				t.Errorf("%s must be there once, and say what it means and what to do", rule.Alert)
			}
			if s := rule.Labels["severity"]; s != "page" && s != "ticket" {
				t.Errorf("%s has severity %q", rule.Alert, s)
			}
			if _, err := time.ParseDuration(rule.For); rule.For != "" && err != nil {
				t.Errorf("%s: for: %v", rule.Alert, err)
			}
			seen[rule.Alert] = true
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %v", seen)
	}
}

// Each metric of ours is on the dashboard, and each on it is one of ours.
func TestDashboard(t *testing.T) {
	content, err := os.ReadFile("dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ H, W, X, Y int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(content, &board); err != nil {
		t.Fatal(err)
	}
	names, shown, ids := defined(t), map[string]bool{}, map[int]bool{}
	for _, panel := range board.Panels {
		if ids[panel.ID] || panel.GridPos.X+panel.GridPos.W > 24 || panel.GridPos.H == 0 || len(panel.Targets) == 0 {
			t.Errorf("%s: id %d, at %+v", panel.Title, panel.ID, panel.GridPos)
		}
		ids[panel.ID] = true
		for _, target := range panel.Targets {
			for _, name := range hold(t, panel.Title, target.Expr, names) {
				shown[name] = true
			}
		}
	}
	for name := range names {
		if !shown[name] && !shown[name+"_bucket"] && !regexp.MustCompile(`_(bucket|sum|count)$`).MatchString(name) {
			t.Errorf("%s is on no panel", name)
		}
	}
}
