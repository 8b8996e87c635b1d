// Package guessable knows the passwords that everybody tries first.
//
// The list is that of @zxcvbn-ts/language-common 4.1.3 (MIT, see LICENSE): the most common passwords of known breaches, of which those of
// eight characters or more are kept, in lower case and sorted. To renew it:
//
//	npm pack @zxcvbn-ts/language-common && tar xzf zxcvbn-ts-language-common-*.tgz
//	jq -r '.[]' package/src/passwords.json | grep -E '.{8,}' | tr A-Z a-z | LC_ALL=C sort -u | gzip -9n > passwords.txt.gz
package guessable

import (
	"bufio"
	"compress/gzip"
	_ "embed"
	"fmt"
	"strings"
)

// list is compressed: it is read where somebody chooses a password, which takes much longer, and by no other function.
//
//go:embed passwords.txt.gz
var list string

// Password says whether a password is one of the most common ones, in whatever case. It takes about two milliseconds, and keeps nothing.
// An error means that the program was built with a broken list.
func Password(password string) (bool, error) {
	wanted := strings.ToLower(password)
	text, err := gzip.NewReader(strings.NewReader(list))
	if err != nil {
		return false, fmt.Errorf("read the common passwords: %w", err)
	}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		if line := lines.Text(); line >= wanted { // they are sorted
			return line == wanted, nil
		}
	}
	if err := lines.Err(); err != nil {
		return false, fmt.Errorf("read the common passwords: %w", err)
	}
	return false, nil
}
