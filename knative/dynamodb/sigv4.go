package dynamodb

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/textproto"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	algorithm = "AWS4-HMAC-SHA256"
	amzTime   = "20060102T150405Z"
	// maxSkew is how far a signature's time may be from the server's, as on AWS.
	maxSkew = 15 * time.Minute
)

func authFailure(kind, message string) error {
	return &failure{kind: serviceErrors + kind, message: message}
}

// signature is what an Authorization header says.
type signature struct {
	accessKey, region, service string
	headers                    []string
	value                      string
}

// authenticate verifies the request's SigV4 signature when the server has credentials.
func (s *Server) authenticate(r *http.Request, body []byte) error {
	if s.options.Credentials == nil {
		return nil
	}
	header := r.Header.Get("Authorization")
	if header == "" {
		return authFailure("MissingAuthenticationTokenException", "Request is missing Authentication Token")
	}
	sent, ok := parseAuthorization(header)
	signedAt, err := time.Parse(amzTime, r.Header.Get("X-Amz-Date"))
	if !ok || err != nil {
		return authFailure("IncompleteSignatureException", "Authorization must be "+algorithm+" with Credential, SignedHeaders and Signature, and X-Amz-Date must be present")
	}
	if sent.accessKey != s.options.Credentials.AccessKeyID {
		return authFailure("UnrecognizedClientException", "The security token included in the request is invalid.")
	}
	if age := s.options.Clock().Sub(signedAt); age.Abs() > maxSkew {
		return authFailure("InvalidSignatureException", "Signature expired: "+signedAt.Format(amzTime)+" is more than 15 minutes from the server's time")
	}
	want, err := s.sign(r, sent, body, signedAt)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(want), []byte(sent.value)) != 1 {
		return authFailure("InvalidSignatureException", "The request signature we calculated does not match the signature you provided. "+
			"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

func parseAuthorization(header string) (signature, bool) {
	var sent signature
	rest, ok := strings.CutPrefix(header, algorithm+" ")
	if !ok {
		return sent, false
	}
	for part := range strings.SplitSeq(rest, ",") {
		name, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Credential":
			scope := strings.Split(v, "/")
			if len(scope) != 5 {
				return sent, false
			}
			sent.accessKey, sent.region, sent.service = scope[0], scope[2], scope[3]
		case "SignedHeaders":
			sent.headers = strings.Split(v, ";")
		case "Signature":
			sent.value = v
		}
	}
	return sent, sent.accessKey != "" && len(sent.headers) > 0 && sent.value != ""
}

// sign computes the signature that the request should have: the SDK's own signer signs the headers that the client did.
func (s *Server) sign(r *http.Request, sent signature, body []byte, signedAt time.Time) (string, error) {
	again, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+r.Host+r.URL.RequestURI(), nil)
	if err != nil {
		return "", authFailure("IncompleteSignatureException", "The request's address cannot be signed")
	}
	for _, name := range sent.headers {
		switch name {
		case "host":
		case "content-length":
			again.ContentLength = r.ContentLength
		default:
			again.Header[textproto.CanonicalMIMEHeaderKey(name)] = r.Header.Values(name)
		}
	}
	hash := sha256.Sum256(body)
	credentials := aws.Credentials{AccessKeyID: s.options.Credentials.AccessKeyID, SecretAccessKey: s.options.Credentials.SecretAccessKey}
	if err := v4.NewSigner().SignHTTP(r.Context(), credentials, again, hex.EncodeToString(hash[:]), sent.service, sent.region, signedAt); err != nil {
		return "", authFailure("InvalidSignatureException", "The request cannot be signed")
	}
	computed, _ := parseAuthorization(again.Header.Get("Authorization"))
	return computed.value, nil
}
