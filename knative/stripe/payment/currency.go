package payment

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"usher.example/knative/stripe/apierror"
)

// MaxAmount is the greatest charge in minor units: Stripe takes eight digits.
const MaxAmount = 99_999_999

// Currencies by the digits after the point, and by how amounts are written. All
// that are not listed as something else have two digits.
var (
	zeroDecimal = words("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf")
	// The last digit of these must be 0: card networks settle them in two digits.
	threeDecimal = words("bhd jod kwd omr tnd")
	// These have no cents any more, and still are written with two digits: 00.
	wholeOnly  = words("isk ugx")
	twoDecimal = words(`aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop crc cve
		czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl
		mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd
		std szl thb tjs top try ttd twd tzs uah usd uyu uzs wst xcd yer zar zmw`)
)

// minimum charges in minor units: https://stripe.com/docs/currencies lists them.
var minimum = map[string]int64{
	"usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400,
	"huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}

func words(list string) []string { return strings.Fields(list) }

// Decimals returns how many digits a currency has after the point; false when
// Stripe does not take it.
func Decimals(currency string) (int, bool) {
	switch {
	case slices.Contains(zeroDecimal, currency):
		return 0, true
	case slices.Contains(threeDecimal, currency):
		return 3, true
	case slices.Contains(twoDecimal, currency), slices.Contains(wholeOnly, currency):
		return 2, true
	}
	return 0, false
}

// CheckAmount tells why an amount in minor units of a currency cannot be charged;
// nil when it can. The currency is in lower case.
func CheckAmount(amount int64, currency string) *apierror.Error {
	decimals, known := Decimals(currency)
	if !known {
		all := slices.Concat([]string{"usd"}, twoDecimal, zeroDecimal, threeDecimal, wholeOnly)
		return apierror.Invalid("", "currency", "Invalid currency: %s. Stripe currently supports these currencies: %s", currency, strings.Join(all, ", "))
	}
	switch {
	case amount < 1:
		return apierror.Invalid(apierror.CodeParameterInvalidInteger, "amount", "This value must be greater than or equal to 1.")
	case amount > MaxAmount:
		return apierror.Invalid("amount_too_large", "amount", "Amount must be no more than %s", Format(MaxAmount, currency))
	case decimals == 3 && amount%10 != 0:
		return apierror.Invalid("", "amount", "Invalid amount: amounts in %s must be a multiple of 10, since card networks settle it in two decimals", currency)
	case slices.Contains(wholeOnly, currency) && amount%100 != 0:
		return apierror.Invalid("", "amount", "Invalid amount: amounts in %s must be a multiple of 100, since it has no minor unit any more", currency)
	}
	return nil
}

// CheckMinimum tells why an amount is too small for Stripe to charge; nil when it is not.
func CheckMinimum(amount int64, currency string) *apierror.Error {
	if least := minimum[currency]; amount < least {
		return apierror.Invalid("amount_too_small", "amount", "Amount must be at least %s", Format(least, currency))
	}
	return nil
}

// Format writes an amount of minor units for people: 12.50 usd.
func Format(amount int64, currency string) string {
	decimals, _ := Decimals(currency)
	unit := int64(math.Pow10(decimals))
	whole, rest := amount/unit, amount%unit
	text := strconv.FormatInt(whole, 10)
	if decimals > 0 {
		digits := strconv.FormatInt(rest, 10)
		text += "." + strings.Repeat("0", decimals-len(digits)) + digits
	}
	return text + " " + currency
}
