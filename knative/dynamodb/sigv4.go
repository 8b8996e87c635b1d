package dynamodb

import "net/http"

func (s *Server) authenticate(*http.Request, []byte) error { return nil }
