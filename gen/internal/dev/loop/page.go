package loop

import "net/http"

func pageHandler(s *session) http.Handler { return http.NotFoundHandler() }
