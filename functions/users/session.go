package users

import (
	"context"
	"net/http"

	"usher.example/shared/function"
	"usher.example/shared/problem"
	"usher.example/shared/session"
)

// Signout ends the session in this browser: POST /api/users/signout → 200.
func Signout(*function.Env) (function.Handler, error) {
	return func(_ context.Context, r *function.Request) (*function.Response, error) {
		return &function.Response{Status: http.StatusOK, Body: struct{}{}, Cookie: session.Cookie(r.Request, "")}, nil
	}, nil
}

// Current says who is signed in: GET /api/users/currentuser → 200 {currentUser: {…} | null}. A bad or old session is
// nobody's, not an error.
func Current(*function.Env) (function.Handler, error) {
	return func(_ context.Context, r *function.Request) (*function.Response, error) {
		body := struct {
			User *view `json:"currentUser"`
		}{}
		switch u, err := r.User(); {
		case err == nil:
			shown := show(u)
			body.User = &shown
		case !problem.Is(err, problem.Unauthenticated):
			return nil, err
		}
		return &function.Response{Status: http.StatusOK, Body: body, Private: true}, nil
	}, nil
}
