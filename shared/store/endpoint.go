package store

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
)

// steadyEndpoint resolves the endpoint by the SDK's rules once, and keeps it: region, account and base endpoint of a
// client do not change. The rules compile regular expressions every time, which costs more than the rest of a request.
type steadyEndpoint struct {
	rules dynamodb.EndpointResolverV2
	mu    sync.Mutex
	known *smithyendpoints.Endpoint
}

// ResolveEndpoint implements dynamodb.EndpointResolverV2. What fails is tried again by the next request.
func (s *steadyEndpoint) ResolveEndpoint(ctx context.Context, p dynamodb.EndpointParameters) (smithyendpoints.Endpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		found, err := s.rules.ResolveEndpoint(ctx, p)
		if err != nil {
			return found, err
		}
		s.known = &found
	}
	return *s.known, nil
}
