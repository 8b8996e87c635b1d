package users

import (
	"context"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func TestNormalise(t *testing.T) {
	for in, want := range map[string]string{
		"a@b.co": "a@b.co", "  Ann.Smith+x@Example.COM ": "ann.smith+x@example.com", "ü@bücher.example": "ü@bücher.example",
		"": "", "a": "", "a@b": "", "@b.co": "", "a@": "", "a b@c.de": "", "Ann <a@b.co>": "", "a@b.co, c@d.ef": "", "a@.co": "", "a@b.": "",
		"a@[127.0.0.1]": "", strings.Repeat("a", 250) + "@b.co": "", "a\n@b.co": "",
	} {
		t.Run(in, func(t *testing.T) {
			got, ok := normalise(in)
			if ok != (want != "") || ok && got != want {
				t.Errorf("got %q, %v", got, ok)
			}
		})
	}
}

func TestPassword(t *testing.T) {
	ctx := context.Background()
	hash, err := hashPassword(ctx, "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		password, hash string
		want           bool
	}{
		"OK":         {"correct horse", hash, true},
		"ErrWrong":   {"correct horsf", hash, false},
		"ErrEmpty":   {"", hash, false},
		"ErrNobody":  {"", nobody, false},
		"ErrBadHash": {"correct horse", "$argon2id$v=19$m=1,t=0,p=0$AA$AA", false},
		"ErrNoHash":  {"correct horse", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := verifyPassword(ctx, c.password, c.hash); got != c.want || err != nil {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	if again, _ := hashPassword(ctx, "correct horse"); again == hash {
		t.Error("two hashes of one password are the same: no salt")
	}
}

func TestWeakness(t *testing.T) {
	for name, c := range map[string]struct {
		password, says string
	}{
		"OK":          {"correct horse", ""},
		"OK/Shortest": {"kx7 pqrw", ""},
		"OK/Longest":  {strings.Repeat("ü", 256), ""},
		"ErrShort":    {"1234567", "8 to 256"},
		"ErrLong":     {strings.Repeat("x", 257), "8 to 256"},
		"ErrCommon":   {"12345678", "most common"},
		"ErrAnyCase":  {"PassWord", "most common"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := weakness(c.password)
			if err != nil || (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestThrottle(t *testing.T) {
	failures := func(n int) (t throttle) {
		for range n {
			t = t.failed(now)
		}
		return t
	}
	for name, c := range map[string]struct {
		failures int
		after    time.Duration
		want     time.Duration
	}{
		"OK/None":      {0, 0, 0},
		"OK/AFew":      {ofAccount.free - 1, 0, 0},
		"First":        {ofAccount.free, 0, time.Second},
		"FirstWaited":  {ofAccount.free, time.Second, 0},
		"Third":        {ofAccount.free + 2, 0, 4 * time.Second},
		"Many":         {ofAccount.free + 1000, 0, maxWait},
		"ManyForgiven": {ofAccount.free + 1000, forgiveAfter, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := failures(c.failures).wait(ofAccount, now.Add(c.after)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	for n, want := range []time.Duration{0, 0, 0, time.Minute, 2 * time.Minute, 4 * time.Minute, maxWait, maxWait} {
		if got := failures(n).wait(ofMails, now); got != want {
			t.Errorf("after %d mails the wait is %s, want %s", n, got, want)
		}
	}
	if got := failures(50).failed(now.Add(forgiveAfter)); got.Failures != 1 {
		t.Errorf("after a while, %d failures are remembered", got.Failures)
	}
}

func TestOperators(t *testing.T) {
	const one, two = "0198c0de-7a11-7c3e-9d8b-2f6a4e1b7c90", "0198c0de-8b22-7d4f-8e9c-3a7b5f2c8da1"
	for name, c := range map[string]struct {
		setting string
		want    int
		ok      bool
	}{
		"None": {"", 0, true}, "One": {one, 1, true}, "Two": {one + ", " + two + ",", 2, true}, "ErrAddress": {"boss@example.com", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := operators(c.setting)
			if (err == nil) != c.ok || len(got) != c.want {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}
