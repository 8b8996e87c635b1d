package tickets

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"usher.example/shared/function"
	"usher.example/shared/problem"
)

func TestParseMoney(t *testing.T) {
	for in, want := range map[string]string{
		`"0.29"`: "29 USD", `0.29`: "29 USD", `"42"`: "4200 USD", `42`: "4200 USD", `"42.5"`: "4250 USD", `"42.500"`: "4250 USD",
		`" 1.00 "`: "100 USD", `0.1`: "10 USD", `8.41`: "841 USD", `1000000`: "100000000 USD",
		`{"amount":4200,"currency":"JPY"}`: "4200 JPY", `{"amount":1,"currency":"USD"}`: "1 USD",
		`"0.291"`: "error", `"-1"`: "error", `-1`: "error", `1e3`: "error", `""`: "error", `"."`: "error", `"5."`: "error", `".5"`: "error",
		`"1,50"`: "error", `"1.2.3"`: "error", `"NaN"`: "error", `true`: "error", `[1]`: "error", `"0x10"`: "error", `"1_000"`: "error",
		`"٣"`: "error", `99999999999999999999`: "error",
		`{"amount":1.5,"currency":"USD"}`: "error", `{"amount":"x","currency":"USD"}`: "error", `{"amount":1,"currency":"usd"}`: "error",
		`{"amount":1,"currency":"XX"}`: "error", `{"amount":1}`: "error", `{"amount":1,"currency":"USD","x":1}`: "error",
	} {
		t.Run(in, func(t *testing.T) {
			m, err := parseMoney(json.RawMessage(in), "USD")
			got := fmt.Sprintf("%d %s", m.Amount, m.Currency)
			if err != nil {
				got = "error"
			}
			if got != want {
				t.Errorf("got %s (%v), want %s", got, err, want)
			}
		})
	}
	t.Run("Yen", func(t *testing.T) {
		if m, err := parseMoney(json.RawMessage(`"500"`), "JPY"); err != nil || m.Amount != 500 {
			t.Errorf("got %v, %v", m, err)
		}
		if _, err := parseMoney(json.RawMessage(`"5.5"`), "JPY"); err == nil {
			t.Error("half a yen was accepted")
		}
	})
}

// Every price of the form d.dd is exact: in floating point, 9,175 of the first 100,000 are not whole cents.
func TestEveryPriceIsExact(t *testing.T) {
	for cents := int64(1); cents <= 100_000; cents++ {
		in := fmt.Sprintf("%d.%02d", cents/100, cents%100)
		m, err := parseMoney(json.RawMessage(in), "USD")
		if err != nil || m.Amount != cents {
			t.Fatalf("%s is %d cents, %v", in, m.Amount, err)
		}
	}
}

func TestTerms(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want string // the fields that are wrong, in order
	}{
		"OK/Plain":        {`{"title":"A","price":"1"}`, ""},
		"OK/Full":         {`{"title":"A","price":1,"face_value":"2","event":{"name":"N","starts_at":"2026-12-24T20:00:00+01:00","time_zone":"Europe/Brussels"},"seat":{"row":"1"}}`, ""},
		"NoTitle":         {`{"price":1}`, "title"},
		"BlankTitle":      {`{"title":"   ","price":1}`, "title"},
		"LongTitle":       {`{"title":"` + strings.Repeat("é", 201) + `","price":1}`, "title"},
		"ControlInTitle":  {`{"title":"a\u0000b","price":1}`, "title"},
		"BidiInTitle":     {`{"title":"a\u202eb","price":1}`, "title"},
		"NoPrice":         {`{"title":"A"}`, "price"},
		"NullPrice":       {`{"title":"A","price":null}`, "price"},
		"ZeroPrice":       {`{"title":"A","price":"0.00"}`, "price"},
		"HugePrice":       {`{"title":"A","price":"1000000.00"}`, "price"},
		"Nothing":         {`{}`, "title price"},
		"InvisibleTitle":  {`{"title":"\u200b\u2060\u0301","price":1}`, "title"},
		"TitleOfEmoji":    {`{"title":"\ud83c\udfb8","price":1}`, ""},
		"TitleOfZWJ":      {`{"title":"\ud83d\udc68\u200d\ud83d\udc69","price":1}`, ""},
		"LineInVenue":     {`{"title":"A","price":1,"event":{"name":"N","venue":"a\nb","starts_at":"2026-12-24T20:00:00Z"}}`, "event.venue"},
		"LongCity":        {`{"title":"A","price":1,"event":{"name":"N","city":"` + strings.Repeat("ö", 201) + `","starts_at":"2026-12-24T20:00:00Z"}}`, "event.city"},
		"InvisibleEvent":  {`{"title":"A","price":1,"event":{"name":"\u200b","starts_at":"2026-12-24T20:00:00Z"}}`, "event.name"},
		"EventStartsNow":  {`{"title":"A","price":1,"event":{"name":"N","starts_at":"2026-11-01T12:00:00Z"}}`, "event.starts_at"},
		"NoSuchDay":       {`{"title":"A","price":1,"event":{"name":"N","starts_at":"2027-02-29T12:00:00Z"}}`, "event.starts_at"},
		"NoOffset":        {`{"title":"A","price":1,"event":{"name":"N","starts_at":"2026-12-24T20:00:00"}}`, "event.starts_at"},
		"ZoneIsAPath":     {`{"title":"A","price":1,"event":{"name":"N","starts_at":"2026-12-24T20:00:00Z","time_zone":"../../etc/passwd"}}`, "event.time_zone"},
		"ControlInSeat":   {`{"title":"A","price":1,"seat":{"row":"1\u0007"}}`, "seat.row"},
		"HugeMinorPrice":  {`{"title":"A","price":{"amount":100000000,"currency":"JPY"}}`, "price"},
		"NegativeMinor":   {`{"title":"A","price":{"amount":-1,"currency":"JPY"}}`, "price"},
		"FractionOfYen":   {`{"title":"A","price":{"amount":1.5,"currency":"JPY"}}`, "price"},
		"PriceInGold":     {`{"title":"A","price":{"amount":1,"currency":"XAU"}}`, "price"},
		"PriceInMarks":    {`{"title":"A","price":{"amount":1,"currency":"DEM"}}`, "price"},
		"PriceInNothing":  {`{"title":"A","price":{"amount":1,"currency":"XXX"}}`, "price"},
		"ZeroFaceValue":   {`{"title":"A","price":1,"face_value":0}`, "face_value"},
		"OtherCurrency":   {`{"title":"A","price":1,"face_value":{"amount":1,"currency":"EUR"}}`, "face_value"},
		"NamelessEvent":   {`{"title":"A","price":1,"event":{"starts_at":"2026-12-24T20:00:00Z"}}`, "event.name"},
		"PastEvent":       {`{"title":"A","price":1,"event":{"name":"N","starts_at":"2020-12-24T20:00:00Z"}}`, "event.starts_at"},
		"FarEvent":        {`{"title":"A","price":1,"event":{"name":"N","starts_at":"2126-12-24T20:00:00Z"}}`, "event.starts_at"},
		"BadStart":        {`{"title":"A","price":1,"event":{"name":"N","starts_at":"tomorrow"}}`, "event.starts_at"},
		"BadZone":         {`{"title":"A","price":1,"event":{"name":"N","starts_at":"2026-12-24T20:00:00Z","time_zone":"Mars/Base"}}`, "event.time_zone"},
		"ZoneOfThisHost":  {`{"title":"A","price":1,"event":{"name":"N","starts_at":"2026-12-24T20:00:00Z","time_zone":"Local"}}`, "event.time_zone"},
		"LongSeat":        {`{"title":"A","price":1,"seat":{"number":"` + strings.Repeat("9", 41) + `"}}`, "seat.number"},
		"EverythingWrong": {`{"title":"","price":"x","event":{"name":"","starts_at":""}}`, "title price event.name event.starts_at"},
	} {
		t.Run(name, func(t *testing.T) {
			var in input
			if err := json.Unmarshal([]byte(c.body), &in); err != nil {
				t.Fatal(err)
			}
			_, err := in.terms(House{Currency: "USD"}, now)
			var fields []string
			if err != nil {
				for _, i := range problem.From(err).Items {
					fields = append(fields, i.Field)
				}
			}
			if got := strings.Join(fields, " "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestPriceCap(t *testing.T) {
	for name, c := range map[string]struct {
		percent int64
		body    string
		want    string
	}{
		"NoCap":         {0, `{"title":"A","price":900,"face_value":1}`, ""},
		"AtTheCap":      {120, `{"title":"A","price":"60.00","face_value":"50.00"}`, ""},
		"OneCentMore":   {120, `{"title":"A","price":"60.01","face_value":"50.00"}`, "price"},
		"RoundedDown":   {110, `{"title":"A","price":{"amount":2,"currency":"JPY"},"face_value":{"amount":1,"currency":"JPY"}}`, "price"},
		"BelowFace":     {50, `{"title":"A","price":"25.00","face_value":"50.00"}`, ""},
		"Greatest":      {10_000, `{"title":"A","price":{"amount":99999999,"currency":"JPY"},"face_value":{"amount":99999999,"currency":"JPY"}}`, ""},
		"NoFaceValue":   {120, `{"title":"A","price":1}`, "face_value"},
		"BadFaceValue":  {120, `{"title":"A","price":1,"face_value":"x"}`, "face_value"},
		"BadPrice":      {120, `{"title":"A","price":"x","face_value":1}`, "price"},
		"OtherCurrency": {120, `{"title":"A","price":900,"face_value":{"amount":1,"currency":"EUR"}}`, "face_value"},
	} {
		t.Run(name, func(t *testing.T) {
			var in input
			if err := json.Unmarshal([]byte(c.body), &in); err != nil {
				t.Fatal(err)
			}
			_, err := in.terms(House{"USD", c.percent}, now)
			got := ""
			if err != nil {
				got = problem.From(err).Items[0].Field
			}
			if got != c.want {
				t.Errorf("got %q, want %q: %v", got, c.want, err)
			}
		})
	}
}

func TestHouse(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		want House
		ok   bool
	}{
		"Unset":   {nil, House{"USD", 0}, true},
		"Set":     {map[string]string{"CURRENCY": "JPY", "PRICE_CAP_PERCENT": "120"}, House{"JPY", 120}, true},
		"NoMoney": {map[string]string{"CURRENCY": "XXX"}, House{}, false},
		"Zero":    {map[string]string{"PRICE_CAP_PERCENT": "0"}, House{}, false},
		"Text":    {map[string]string{"PRICE_CAP_PERCENT": "120%"}, House{}, false},
		"Huge":    {map[string]string{"PRICE_CAP_PERCENT": "10001"}, House{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := house(&function.Env{Getenv: func(name string) string { return c.env[name] }})
			if got != c.want || (err == nil) != c.ok {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func FuzzParseMoney(f *testing.F) {
	for _, s := range []string{`"0.29"`, `42`, `{"amount":1,"currency":"USD"}`, `"`, `{`, `1e9`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := parseMoney(raw, "USD")
		if err == nil && (m.Amount < 0 || len(m.Currency) != 3) && raw[0] != '{' {
			t.Errorf("%q became %v", raw, m)
		}
	})
}
