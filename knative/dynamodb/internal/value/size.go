package value

import "strings"

// Size is what an item counts towards the 400 KB limit, capacity and the 1 MB page: names and values in UTF-8 bytes, by
// the rules that AWS publishes.
func (item Item) Size() int {
	n := 0
	for name, v := range item {
		n += len(name) + v.Size()
	}
	return n
}

const (
	collectionOverhead = 3 // a list or map, whatever is in it
	elementOverhead    = 1 // each member of a list or map
)

// Size is the size of one value without its name, in bytes.
func (v Value) Size() int {
	n := 0
	switch v.Kind {
	case S, B:
		return len(v.Str)
	case N:
		return numberSize(v.Str)
	case BOOL, NULL:
		return 1
	case SS, BS:
		for _, m := range v.Set {
			n += len(m)
		}
	case NS:
		for _, m := range v.Set {
			n += numberSize(m)
		}
	case L:
		n = collectionOverhead
		for _, m := range v.List {
			n += elementOverhead + m.Size()
		}
	case M:
		n = collectionOverhead
		for name, m := range v.Map {
			n += elementOverhead + len(name) + m.Size()
		}
	}
	return n
}

// numberSize is one byte, one for each two significant digits before the decimal point and behind it, each half rounded
// up, and one for a sign. That is what DynamoDB charges; its guide leaves the halves out.
func numberSize(canonical string) int {
	n := 1
	unsigned, negative := strings.CutPrefix(canonical, "-")
	if negative {
		n++
	}
	whole, fraction, _ := strings.Cut(unsigned, ".")
	if whole == "0" {
		whole, fraction = "", strings.TrimLeft(fraction, "0")
	}
	if fraction == "" {
		whole = strings.TrimRight(whole, "0")
	}
	return n + (len(whole)+1)/2 + (len(fraction)+1)/2
}
