package function

import "crypto/sha256"

// sumSize is how many bytes of a cursor say what list it belongs to.
const sumSize = 8

// PageOf reads ?limit and ?cursor of a list of which there are many: scope says which, by all that the list depends on
// (who asks, filters, order). A cursor of another scope, or one that was altered, is Invalid.
//
// It is no secret and no proof: who makes one up can ask for no more than by another request.
func (r *Request) PageOf(scope string, valid func(key string) bool) (Page, error) {
	p, err := r.Page(func(sealed string) bool {
		key, ok := unseal(scope, sealed)
		return ok && valid(key)
	})
	p.After, _ = unseal(scope, p.After)
	return p, err
}

// CursorOf makes the next_cursor of a page of PageOf's that ends with key.
func CursorOf(scope, key string) string { return Cursor(seal(scope, key)) }

func seal(scope, key string) string {
	sum := sha256.Sum256([]byte(scope + "\x00" + key))
	return string(sum[:sumSize]) + key
}

func unseal(scope, sealed string) (key string, ok bool) {
	if len(sealed) < sumSize {
		return "", false
	}
	key = sealed[sumSize:]
	return key, seal(scope, key) == sealed
}
