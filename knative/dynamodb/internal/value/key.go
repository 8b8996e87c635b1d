package value

import "hash/fnv"

// Byte keys: comparing two encoded keys byte by byte gives the order of the values, and no encoded value is the beginning
// of another, so keys can be put one behind the other.
//
// Text and binary: each 0x00 becomes 0x00 0xFF; 0x00 0x01 ends it.
// Numbers: a sign byte; for others than zero the exponent and the digits in pairs, ended by 0; all inverted below zero.
const (
	escape     = 0x00
	escaped    = 0xFF
	terminator = 0x01

	signNegative = 0x01
	signZero     = 0x02
	signPositive = 0x03
)

// AppendKey adds the ordered form of a scalar (S, N or B) to b.
func AppendKey(b []byte, v Value) []byte {
	if v.Kind == N {
		return appendNumberKey(b, parseCanonical(v.Str))
	}
	b = AppendKeyPrefix(b, v)
	return append(b, escape, terminator)
}

// AppendKeyPrefix adds the form that all texts or binaries beginning with v have in common.
func AppendKeyPrefix(b []byte, v Value) []byte {
	for i := range len(v.Str) {
		b = append(b, v.Str[i])
		if v.Str[i] == escape {
			b = append(b, escaped)
		}
	}
	return b
}

func appendNumberKey(b []byte, d decimal) []byte {
	if d.digits == "" {
		return append(b, signZero)
	}
	sign, invert := byte(signPositive), byte(0)
	if d.neg {
		sign, invert = signNegative, 0xFF
	}
	b = append(b, sign, byte(d.exp-minExponent)^invert)
	for i := 0; i < len(d.digits); i += 2 {
		pair := (d.digits[i] - '0') * 10
		if i+1 < len(d.digits) {
			pair += d.digits[i+1] - '0'
		}
		b = append(b, (pair+1)^invert)
	}
	return append(b, invert)
}

// HashLength is how many bytes of a hash stand before a partition key.
const HashLength = 4

// AppendPartition adds a hash of the partition key and the key itself, of one attribute or several: a table is spread
// evenly over the hash, which is what the segments of a parallel scan divide.
func AppendPartition(b []byte, values ...Value) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	for _, v := range values {
		b = AppendKey(b, v)
	}
	h := fnv.New32a()
	h.Write(b[start+HashLength:])
	sum := mix(h.Sum32())
	b[start], b[start+1], b[start+2], b[start+3] = byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum)
	return b
}

// mix spreads FNV's weak high bits over the whole word, so that keys that differ only at the end land far apart.
func mix(x uint32) uint32 {
	x ^= x >> 16
	x *= 0x85ebca6b
	x ^= x >> 13
	x *= 0xc2b2ae35
	return x ^ x>>16
}
