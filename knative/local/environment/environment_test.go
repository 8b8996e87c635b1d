package environment

import (
	"reflect"
	"strings"
	"testing"

	"usher.example/knative/local/plan"
)

var values = Values{
	ConfigMaps: map[string]map[string]string{"m": {"A": "a", "B": "b"}, "n": {"B": "b2"}},
	Secrets:    map[string]map[string]string{"s": {"K": "secret"}},
}

func TestOf(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    plan.Container
		want []string
	}{
		{"Empty", plan.Container{}, []string{}},
		{"LaterEnvFromWins", plan.Container{EnvFrom: []plan.EnvFrom{{ConfigMap: "m"}, {ConfigMap: "n"}}}, []string{"A=a", "B=b2"}},
		{"EnvWins", plan.Container{EnvFrom: []plan.EnvFrom{{ConfigMap: "m"}}, Env: []plan.Env{{Name: "A", Value: "x"}}}, []string{"A=x", "B=b"}},
		{"Prefix", plan.Container{EnvFrom: []plan.EnvFrom{{Secret: "s", Prefix: "P_"}}}, []string{"P_K=secret"}},
		{"Keys", plan.Container{Env: []plan.Env{{Name: "X", ConfigMapKey: &plan.Key{Name: "m", Key: "A"}}, {Name: "Y", SecretKey: &plan.Key{Name: "s", Key: "K"}}}}, []string{"X=a", "Y=secret"}},
		{"OptionalIsLeftOut", plan.Container{
			EnvFrom: []plan.EnvFrom{{ConfigMap: "none", Optional: true}},
			Env:     []plan.Env{{Name: "X", ConfigMapKey: &plan.Key{Name: "m", Key: "none", Optional: true}}},
		}, []string{}},
		{"RefersToThoseBefore", plan.Container{EnvFrom: []plan.EnvFrom{{ConfigMap: "m"}}, Env: []plan.Env{
			{Name: "X", Value: "$(A)-$(Y)"}, {Name: "Y", Value: "$$(A) $5 $(X"},
		}}, []string{"A=a", "B=b", "X=a-$(Y)", "Y=$(A) $5 $(X"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Of(&tt.c, values)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestOfRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    plan.Container
		want string
	}{
		{"UnknownConfigMap", plan.Container{EnvFrom: []plan.EnvFrom{{ConfigMap: "none"}}}, "no ConfigMap none"},
		{"UnknownSecret", plan.Container{EnvFrom: []plan.EnvFrom{{Secret: "none"}}}, "no Secret none"},
		{"UnknownKey", plan.Container{Env: []plan.Env{{Name: "X", SecretKey: &plan.Key{Name: "s", Key: "none"}}}}, "Secret s has no key none"},
		{"BadName", plan.Container{Env: []plan.Env{{Name: "A=B"}}}, "has no ="},
		{"ZeroByte", plan.Container{Env: []plan.Env{{Name: "A", Value: "\x00"}}}, "zero byte"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Of(&tt.c, values); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestExpand(t *testing.T) {
	placeholders := map[string]string{"STORE_ADDRESS": "127.0.0.1:1", "EMPTY": ""}
	t.Run("FillsIn", func(t *testing.T) {
		got, err := Expand("platform", map[string]string{"A": "http://$(STORE_ADDRESS)/$(EMPTY)x", "B": "$$(STORE_ADDRESS) {name} $"}, placeholders)
		want := map[string]string{"A": "http://127.0.0.1:1/x", "B": "$(STORE_ADDRESS) {name} $"}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, %v; want %v", got, err, want)
		}
	})
	t.Run("UnknownNameListsTheKnown", func(t *testing.T) {
		_, err := Expand("platform", map[string]string{"A": "$(STORE)"}, placeholders)
		const want = "ConfigMap platform: A: $(STORE) is not known; there are: EMPTY, STORE_ADDRESS"
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}

func TestUses(t *testing.T) {
	data := map[string]string{"A": "x$(ONE)", "B": "$$(TWO)"}
	for name, want := range map[string]bool{"ONE": true, "TWO": false, "A": false} {
		if got := Uses(data, name); got != want {
			t.Errorf("Uses(%s) = %v", name, got)
		}
	}
}

func TestInherited(t *testing.T) {
	got := Inherited([]string{"PATH=/bin", "STRIPE_SECRET_KEY=sk", "HOST=0.0.0.0", "PORT=1", "no_proxy=x", "odd"})
	if want := []string{"PATH=/bin", "no_proxy=x"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzReplace(f *testing.F) {
	for _, s := range []string{"", "$", "$$", "$(A)", "$(", "$()", "x$(B)$$(A)$(A", "$$$(A)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out, _ := replace(s, func(name string) (string, bool) { return "", name == "A" })
		if len(out) > len(s) {
			t.Errorf("%q became longer: %q", s, out)
		}
		if !strings.Contains(s, "$") && out != s {
			t.Errorf("%q became %q", s, out)
		}
	})
}
