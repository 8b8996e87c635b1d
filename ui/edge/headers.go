package edge

import "net/http"

// What a page may load: our own files, nothing inline. Stripe's parts are allowed only where Stripe takes the cards.
const (
	policyAPI  = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	policyPage = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
		"connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	policyStripe = "default-src 'none'; script-src 'self' https://js.stripe.com; style-src 'self'; img-src 'self' data: https://*.stripe.com; " +
		"font-src 'self'; connect-src 'self' https://api.stripe.com; frame-src https://js.stripe.com https://hooks.stripe.com; " +
		"manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	permissions = "camera=(), geolocation=(), microphone=(), usb=(), browsing-topics=(), payment=(self)"
	// oneYear is how long a browser that came by HTTPS keeps coming by HTTPS.
	oneYear = "max-age=31536000"
)

// hardened sets the headers that keep browsers from doing what no page of ours needs.
func hardened(c Config, next http.Handler) http.Handler {
	trusted := clients{c.Trusted}
	page := pagePolicyOf(c)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", page)
		if isAPI(r.URL.Path) {
			h.Set("Content-Security-Policy", policyAPI)
		}
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", permissions)
		if trusted.scheme(r) == "https" {
			h.Set("Strict-Transport-Security", oneYear)
		}
		next.ServeHTTP(w, r)
	})
}

func pagePolicyOf(c Config) string {
	if c.Stripe {
		return policyStripe
	}
	return policyPage
}

// pagePolicy lets a page under /api load what pages load.
func pagePolicy(c Config, next http.HandlerFunc) http.HandlerFunc {
	policy := pagePolicyOf(c)
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		next(w, r)
	}
}
