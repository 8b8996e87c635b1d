package tickets

import (
	"bytes"
	"strings"
	"testing"
)

func keys(t testing.TB, secret string) *Keys {
	t.Helper()
	k, err := ParseKeys(secret)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var oldKey, newKey = strings.Repeat("o", minKey), strings.Repeat("n", minKey)

func TestParseKeys(t *testing.T) {
	for _, bad := range []string{"", "short", newKey + ",short", newKey + ","} {
		if _, err := ParseKeys(bad); err == nil || !strings.Contains(err.Error(), "openssl rand") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestSeal(t *testing.T) {
	content := []byte("ROW-A-1-77812")
	sealed, by := keys(t, oldKey).seal(content, "ticket 1")
	if bytes.Contains(sealed, content) {
		t.Fatal("sealed, and readable")
	}
	if again, _ := keys(t, oldKey).seal(content, "ticket 1"); bytes.Equal(again, sealed) {
		t.Error("the same content is sealed to the same bytes: nonces repeat")
	}
	t.Run("Opens", func(t *testing.T) {
		if got, err := keys(t, oldKey).open(sealed, by, "ticket 1"); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("OpensAfterRotation", func(t *testing.T) {
		rotated := keys(t, newKey+", "+oldKey)
		if got, err := rotated.open(sealed, by, "ticket 1"); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%q, %v", got, err)
		}
		if _, now := rotated.seal(content, "ticket 1"); now == by {
			t.Error("the old key still seals")
		}
	})
	t.Run("OfAnotherTicket", func(t *testing.T) {
		if _, err := keys(t, oldKey).open(sealed, by, "ticket 2"); err == nil {
			t.Error("opens for another ticket")
		}
	})
	t.Run("WithoutTheKey", func(t *testing.T) {
		if _, err := keys(t, newKey).open(sealed, by, "ticket 1"); err == nil {
			t.Error("opens without its key")
		}
	})
	t.Run("EveryByteCounts", func(t *testing.T) {
		for i := range sealed {
			altered := bytes.Clone(sealed)
			altered[i] ^= 1
			if _, err := keys(t, oldKey).open(altered, by, "ticket 1"); err == nil {
				t.Errorf("opens with byte %d altered", i)
			}
		}
		for n := range sealed {
			if _, err := keys(t, oldKey).open(sealed[:n], by, "ticket 1"); err == nil {
				t.Errorf("opens when cut to %d bytes", n)
			}
		}
	})
}

func TestPassCode(t *testing.T) {
	k, pass := keys(t, oldKey), Pass{TicketID: listed().ID, OrderID: orderID}
	text := k.Code(pass)
	for name, good := range map[string]string{
		"AsWritten": text, "Typed": " " + strings.ToLower(text[:20]) + "-" + text[20:] + " \n",
	} {
		if got, err := k.Read(good); err != nil || got != pass {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := keys(t, newKey+","+oldKey).Read(text); err != nil || got != pass {
		t.Errorf("after rotation: %+v, %v", got, err)
	}
	forged := map[string]string{
		"Empty": "", "Short": text[:len(text)-1], "Long": text + "A", "Huge": strings.Repeat("A", 1<<20), "NotBase32": strings.Repeat("1", len(text)),
		"AnothersKey": keys(t, newKey).Code(pass), "NotASCII": "é" + text[2:],
	}
	for i := range text { // each character altered, also in bits that mean nothing
		for _, c := range "A7" {
			if altered := text[:i] + string(c) + text[i+1:]; altered != text {
				forged["At"+altered] = altered
			}
		}
	}
	for name, bad := range forged {
		if _, err := k.Read(bad); code(err) != "invalid" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzPassCode(f *testing.F) {
	k := keys(f, oldKey)
	f.Add(k.Code(Pass{TicketID: listed().ID, OrderID: orderID}))
	f.Fuzz(func(t *testing.T, text string) {
		pass, err := k.Read(text)
		if err == nil && k.Code(pass) != strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(text))) {
			t.Errorf("%q is read as %+v", text, pass)
		}
	})
}
