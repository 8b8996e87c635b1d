package e2e

import (
	"net/http"
	"strings"
	"testing"
)

const (
	unknownID = "01890000-0000-7000-8000-000000000000" // well-formed, made in 2023: nothing has it
	notAnID   = "1; DROP TABLE"
)

// Whatever is sent, the answer says what is wrong, and is never a 500.
func TestBadInput(t *testing.T) {
	s := running(t)
	seller, buyer, stranger := s.person("seller"), s.person("buyer"), s.stranger()
	ticket := seller.sells("Front row", "42.00")
	good := map[string]any{"title": "Front row", "price": "42.00"}
	for name, c := range map[string]struct {
		by           *person
		method, path string
		body         any
		want         int
		field        string
	}{
		"Signup/NoBody":            {stranger, "POST", "/api/users/signup", nil, 400, ""},
		"Signup/Malformed":         {stranger, "POST", "/api/users/signup", "{", 400, ""},
		"Signup/Array":             {stranger, "POST", "/api/users/signup", "[]", 400, ""},
		"Signup/Null":              {stranger, "POST", "/api/users/signup", "null", 400, ""},
		"Signup/Trailing":          {stranger, "POST", "/api/users/signup", `{"email":"a@b.co","password":"kx7 pqrw"} x`, 400, ""},
		"Signup/UnknownField":      {stranger, "POST", "/api/users/signup", `{"email":"a@b.co","password":"kx7 pqrw","role":"operator"}`, 400, "role"},
		"Signup/WrongType":         {stranger, "POST", "/api/users/signup", `{"email":1,"password":"kx7 pqrw"}`, 400, "email"},
		"Signup/BadEmail":          {stranger, "POST", "/api/users/signup", `{"email":"nobody","password":"kx7 pqrw"}`, 400, "email"},
		"Signup/CommonPassword":    {stranger, "POST", "/api/users/signup", `{"email":"a@b.co","password":"PassWord1"}`, 400, "password"},
		"Password/Common":          {buyer, "POST", "/api/users/password", map[string]string{"current": password, "new": "iloveyou"}, 400, "new"},
		"Signup/ShortPassword":     {stranger, "POST", "/api/users/signup", `{"email":"a@b.co","password":"1234567"}`, 400, "password"},
		"Signup/LongPassword":      {stranger, "POST", "/api/users/signup", `{"email":"a@b.co","password":"` + strings.Repeat("x", 257) + `"}`, 400, "password"},
		"Signup/InUse":             {stranger, "POST", "/api/users/signup", map[string]string{"email": " " + strings.ToUpper(seller.email), "password": password}, 409, "email"},
		"Signup/TooLarge":          {stranger, "POST", "/api/users/signup", `{"email":"` + strings.Repeat("x", 1<<20) + `"}`, 413, ""},
		"Signup/NotUTF8":           {stranger, "POST", "/api/users/signup", "{\"email\":\"a\xff@b.co\",\"password\":\"kx7 pqrw\"}", 400, ""},
		"Signin/NoPassword":        {stranger, "POST", "/api/users/signin", `{"email":"a@b.co"}`, 400, "password"},
		"Signin/Wrong":             {stranger, "POST", "/api/users/signin", map[string]string{"email": seller.email, "password": "wrong password"}, 401, ""},
		"Signin/Unknown":           {stranger, "POST", "/api/users/signin", `{"email":"nobody@example.com","password":"wrong password"}`, 401, ""},
		"Recover/NoBody":           {stranger, "POST", "/api/users/recover", nil, 400, ""},
		"Recover/NoEmail":          {stranger, "POST", "/api/users/recover", `{}`, 400, "email"},
		"Recover/BadEmail":         {stranger, "POST", "/api/users/recover", `{"email":"nobody"}`, 400, "email"},
		"Recover/WrongType":        {stranger, "POST", "/api/users/recover", `{"email":["a@b.co"]}`, 400, "email"},
		"Recover/TwoAddresses":     {stranger, "POST", "/api/users/recover", `{"email":"a@b.co,c@d.ef"}`, 400, "email"},
		"Recover/LineBreak":        {stranger, "POST", "/api/users/recover", `{"email":"a@b.co\nBcc: c@d.ef"}`, 400, "email"},
		"Recover/UnknownField":     {stranger, "POST", "/api/users/recover", `{"email":"a@b.co","url":"https://evil.example"}`, 400, "url"},
		"Confirm/NoToken":          {stranger, "POST", "/api/users/recover/confirm", `{"password":"kx7 pqrw"}`, 400, "token"},
		"Confirm/Nonsense":         {stranger, "POST", "/api/users/recover/confirm", `{"token":"a.b.c","password":"kx7 pqrw"}`, 400, "token"},
		"Confirm/Unsigned":         {stranger, "POST", "/api/users/recover/confirm", `{"token":"eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.","password":"kx7 pqrw"}`, 400, "token"},
		"Confirm/Huge":             {stranger, "POST", "/api/users/recover/confirm", `{"token":"` + strings.Repeat("x.", 400_000) + `","password":"kx7 pqrw"}`, 400, "token"},
		"Confirm/WrongType":        {stranger, "POST", "/api/users/recover/confirm", `{"token":null,"password":1}`, 400, "password"},
		"Confirm/UnknownField":     {stranger, "POST", "/api/users/recover/confirm", `{"token":"a.b.c","password":"kx7 pqrw","email":"a@b.co"}`, 400, "email"},
		"Create/Stranger":          {stranger, "POST", "/api/tickets", good, 401, ""},
		"Create/NoTitle":           {seller, "POST", "/api/tickets", `{"price":"1"}`, 400, "title"},
		"Create/ZeroPrice":         {seller, "POST", "/api/tickets", `{"title":"A","price":0}`, 400, "price"},
		"Create/NegativePrice":     {seller, "POST", "/api/tickets", `{"title":"A","price":-5}`, 400, "price"},
		"Create/TextPrice":         {seller, "POST", "/api/tickets", `{"title":"A","price":"free"}`, 400, "price"},
		"Create/HugePrice":         {seller, "POST", "/api/tickets", `{"title":"A","price":1e300}`, 400, "price"},
		"Create/UnknownField":      {seller, "POST", "/api/tickets", `{"title":"A","price":1,"seller_id":"x"}`, 400, "seller_id"},
		"Create/UnknownInEvent":    {seller, "POST", "/api/tickets", `{"title":"A","price":1,"event":{"x":1}}`, 400, ""},
		"Create/DeepNesting":       {seller, "POST", "/api/tickets", `{"title":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, 400, ""},
		"Show/Malformed":           {stranger, "GET", "/api/tickets/" + "x", nil, 404, ""},
		"Show/NotAnID":             {stranger, "GET", "/api/tickets/1%3B%20DROP", nil, 404, ""},
		"Show/Unknown":             {stranger, "GET", "/api/tickets/" + unknownID, nil, 404, ""},
		"Show/UpperCase":           {stranger, "GET", "/api/tickets/" + strings.ToUpper(ticket.ID), nil, 404, ""},
		"Update/Stranger":          {stranger, "PUT", "/api/tickets/" + ticket.ID, good, 401, ""},
		"Update/Other":             {buyer, "PUT", "/api/tickets/" + ticket.ID, good, 403, ""},
		"Update/Unknown":           {seller, "PUT", "/api/tickets/" + unknownID, good, 404, ""},
		"Update/Malformed":         {seller, "PUT", "/api/tickets/x", good, 404, ""},
		"Update/Empty":             {seller, "PUT", "/api/tickets/" + ticket.ID, `{}`, 400, "title"},
		"Withdraw/Stranger":        {stranger, "DELETE", "/api/tickets/" + ticket.ID, nil, 401, ""},
		"Withdraw/Other":           {buyer, "DELETE", "/api/tickets/" + ticket.ID, nil, 403, ""},
		"Withdraw/Unknown":         {seller, "DELETE", "/api/tickets/" + unknownID, nil, 404, ""},
		"Attach/Unknown":           {seller, "PUT", "/api/tickets/" + unknownID + "/attachment", `{"code":"A"}`, 404, ""},
		"Detach/Unknown":           {seller, "DELETE", "/api/tickets/" + unknownID + "/attachment", nil, 404, ""},
		"Pass/Unknown":             {buyer, "GET", "/api/tickets/" + unknownID + "/pass", nil, 404, ""},
		"PassPicture/Unknown":      {buyer, "GET", "/api/tickets/" + unknownID + "/pass/qr.svg", nil, 404, ""},
		"List/Limit":               {stranger, "GET", "/api/tickets?limit=0", nil, 400, "limit"},
		"List/HugeLimit":           {stranger, "GET", "/api/tickets?limit=101", nil, 400, "limit"},
		"List/TextLimit":           {stranger, "GET", "/api/tickets?limit=many", nil, 400, "limit"},
		"List/Cursor":              {stranger, "GET", "/api/tickets?cursor=%00", nil, 400, "cursor"},
		"List/ForgedCursor":        {stranger, "GET", "/api/tickets?cursor=YWJj", nil, 400, "cursor"},
		"List/Sort":                {stranger, "GET", "/api/tickets?sort=random", nil, 400, "sort"},
		"List/LongQuery":           {stranger, "GET", "/api/tickets?q=" + strings.Repeat("x", 101), nil, 400, "q"},
		"Mine/Stranger":            {stranger, "GET", "/api/tickets/mine", nil, 401, ""},
		"Order/Stranger":           {stranger, "POST", "/api/orders", map[string]string{"ticket_id": ticket.ID}, 401, ""},
		"Order/Nothing":            {buyer, "POST", "/api/orders", `{}`, 400, "ticket_id"},
		"Order/NotAnID":            {buyer, "POST", "/api/orders", map[string]string{"ticket_id": notAnID}, 404, ""},
		"Order/Unknown":            {buyer, "POST", "/api/orders", map[string]string{"ticket_id": unknownID}, 404, ""},
		"Order/OwnTicket":          {seller, "POST", "/api/orders", map[string]string{"ticket_id": ticket.ID}, 403, ""},
		"Order/BothSpellings":      {buyer, "POST", "/api/orders", map[string]string{"ticket_id": ticket.ID, "ticketId": ticket.ID}, 400, "ticketId"},
		"Orders/Stranger":          {stranger, "GET", "/api/orders", nil, 401, ""},
		"Orders/Cursor":            {buyer, "GET", "/api/orders?cursor=x", nil, 400, "cursor"},
		"ShowOrder/Unknown":        {buyer, "GET", "/api/orders/" + unknownID, nil, 404, ""},
		"ShowOrder/Malformed":      {buyer, "GET", "/api/orders/x", nil, 404, ""},
		"Cancel/Unknown":           {buyer, "DELETE", "/api/orders/" + unknownID, nil, 404, ""},
		"Cancel/Stranger":          {stranger, "DELETE", "/api/orders/" + unknownID, nil, 401, ""},
		"Pay/Stranger":             {stranger, "POST", "/api/payments", map[string]string{"order_id": unknownID}, 401, ""},
		"Pay/Nothing":              {buyer, "POST", "/api/payments", `{}`, 400, "order_id"},
		"Pay/Unknown":              {buyer, "POST", "/api/payments", map[string]string{"order_id": unknownID}, 404, ""},
		"Pay/Malformed":            {buyer, "POST", "/api/payments", map[string]string{"order_id": "x"}, 404, ""},
		"Pay/Amount":               {buyer, "POST", "/api/payments", map[string]any{"order_id": unknownID, "amount": 1}, 400, "amount"},
		"ShowPayment/Unknown":      {buyer, "GET", "/api/payments/" + unknownID, nil, 404, ""},
		"Webhook/Unsigned":         {stranger, "POST", "/api/payments/webhook", `{}`, 400, ""},
		"Webhook/NoBody":           {stranger, "POST", "/api/payments/webhook", nil, 400, ""},
		"Gateway/UnknownPath":      {stranger, "GET", "/api/nothing", nil, 404, ""},
		"Gateway/EventFunction":    {stranger, "POST", "/api/orders/on-ticket", `{}`, 405, ""},
		"Gateway/ServiceName":      {stranger, "POST", "/api/tickets-on-order", `{}`, 404, ""},
		"Gateway/WrongMethod":      {stranger, "PATCH", "/api/tickets", `{}`, 405, ""},
		"Gateway/TraversingParent": {stranger, "POST", "/api/..%2ftickets-on-order", `{}`, 404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := *c.by
			p.t = t
			doc := p.refused(c.want, p.do(c.method, c.path, c.body))
			if c.field != "" && doc.Errors[0].Field != c.field {
				t.Errorf("about field %q, want %q", doc.Errors[0].Field, c.field)
			}
		})
	}
	t.Run("ForeignOrigin", func(t *testing.T) {
		p := *seller
		p.t = t
		p.refused(http.StatusForbidden, p.do("POST", "/api/tickets", good, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"))
	})
	t.Run("ForgedSession", func(t *testing.T) {
		p := s.stranger()
		p.refused(http.StatusUnauthorized, p.do("POST", "/api/tickets", good, "Cookie", "session=eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."))
		var got map[string]any
		p.must(http.StatusOK, p.do("GET", "/api/users/currentuser", nil, "Cookie", "session=nonsense"), &got)
		if user, ok := got["currentUser"]; !ok || user != nil {
			t.Errorf("a forged session is %v", got)
		}
	})
}
