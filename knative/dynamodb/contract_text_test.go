package dynamodb_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// text is an item in one form: names and sets sorted.
func text(m attributes) string {
	parts := []string{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, name+":"+textOf(m[name]))
	}
	return "{" + strings.Join(parts, " ") + "}"
}

func textOf(v types.AttributeValue) string {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return fmt.Sprintf("%q", v.Value)
	case *types.AttributeValueMemberN:
		return v.Value
	case *types.AttributeValueMemberB:
		return "b" + base64.StdEncoding.EncodeToString(v.Value)
	case *types.AttributeValueMemberBOOL:
		return fmt.Sprint(v.Value)
	case *types.AttributeValueMemberNULL:
		return "null"
	case *types.AttributeValueMemberSS:
		return "ss" + fmt.Sprint(slices.Sorted(slices.Values(v.Value)))
	case *types.AttributeValueMemberNS:
		return "ns" + fmt.Sprint(slices.Sorted(slices.Values(v.Value)))
	case *types.AttributeValueMemberBS:
		members := []string{}
		for _, b := range v.Value {
			members = append(members, base64.StdEncoding.EncodeToString(b))
		}
		slices.Sort(members)
		return "bs" + fmt.Sprint(members)
	case *types.AttributeValueMemberL:
		parts := []string{}
		for _, x := range v.Value {
			parts = append(parts, textOf(x))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case *types.AttributeValueMemberM:
		return text(v.Value)
	}
	return fmt.Sprintf("%T", v)
}
