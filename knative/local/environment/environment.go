// Package environment says which environment variables a program gets from the manifests.
package environment

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"usher.example/knative/local/plan"
)

// Values are the ConfigMaps and Secrets, by name, with every placeholder filled in.
type Values struct {
	ConfigMaps map[string]map[string]string
	Secrets    map[string]map[string]string
}

// Of lists the variables of a container as NAME=value, sorted. As in Kubernetes, env wins over envFrom, a later envFrom
// over an earlier one, and $(NAME) in a plain value is replaced where NAME is a variable stated before it.
func Of(c *plan.Container, values Values) ([]string, error) {
	env := map[string]string{}
	for _, from := range c.EnvFrom {
		kind, name, source := "ConfigMap", from.ConfigMap, values.ConfigMaps[from.ConfigMap]
		if from.Secret != "" {
			kind, name, source = "Secret", from.Secret, values.Secrets[from.Secret]
		}
		if source == nil && !from.Optional {
			return nil, fmt.Errorf("envFrom: there is no %s %s", kind, name)
		}
		for key, value := range source {
			env[from.Prefix+key] = value
		}
	}
	for _, e := range c.Env {
		value, ok, err := one(e, env, values)
		if err != nil {
			return nil, fmt.Errorf("env %s: %w", e.Name, err)
		}
		if ok {
			env[e.Name] = value
		}
	}
	list := make([]string, 0, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if strings.ContainsAny(name, "=\x00") || strings.Contains(env[name], "\x00") {
			return nil, fmt.Errorf("env %q: a name has no =, and neither it nor its value a zero byte", name)
		}
		list = append(list, name+"="+env[name])
	}
	return list, nil
}

func one(e plan.Env, before map[string]string, values Values) (value string, ok bool, err error) {
	key, kind, all := e.ConfigMapKey, "ConfigMap", values.ConfigMaps
	if e.SecretKey != nil {
		key, kind, all = e.SecretKey, "Secret", values.Secrets
	}
	if key == nil {
		value, _ = replace(e.Value, func(name string) (string, bool) { v, ok := before[name]; return v, ok })
		return value, true, nil
	}
	if value, ok = all[key.Name][key.Key]; !ok && !key.Optional {
		return "", false, fmt.Errorf("%s %s has no key %s", kind, key.Name, key.Key)
	}
	return value, ok, nil
}

// Expand fills in the placeholders $(NAME) of a ConfigMap's values. $$ before a parenthesis stands for one $. A name that
// is not known is an error that lists those that are.
func Expand(configMap string, data, placeholders map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(data))
	for _, key := range slices.Sorted(maps.Keys(data)) {
		value, unknown := replace(data[key], func(name string) (string, bool) { v, ok := placeholders[name]; return v, ok })
		if len(unknown) > 0 {
			return nil, fmt.Errorf("ConfigMap %s: %s: $(%s) is not known; there are: %s",
				configMap, key, unknown[0], strings.Join(slices.Sorted(maps.Keys(placeholders)), ", "))
		}
		out[key] = value
	}
	return out, nil
}

// Uses says whether a placeholder of this name is anywhere in data.
func Uses(data map[string]string, name string) bool {
	for _, value := range data {
		found := false
		replace(value, func(n string) (string, bool) { found = found || n == name; return "", true })
		if found {
			return true
		}
	}
	return false
}

// replace fills in $(NAME) as Kubernetes does: what is unknown stays as it is (and is listed), and $$ is one $.
func replace(s string, lookup func(string) (string, bool)) (out string, unknown []string) {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '$')
		if i < 0 || i == len(s)-1 {
			b.WriteString(s)
			return b.String(), unknown
		}
		b.WriteString(s[:i])
		switch rest := s[i+1:]; rest[0] {
		case '$':
			b.WriteByte('$')
			s = rest[1:]
		case '(':
			end := strings.IndexByte(rest, ')')
			if end < 0 {
				b.WriteString(s[i:])
				return b.String(), unknown
			}
			name := rest[1:end]
			value, ok := lookup(name)
			if !ok {
				unknown = append(unknown, name)
				value = "$(" + name + ")"
			}
			b.WriteString(value)
			s = rest[end+1:]
		default:
			b.WriteByte('$')
			s = rest
		}
	}
}
