package dynamodb

import "testing"

// FuzzAuthorization reads any header: what is accepted has all its parts.
func FuzzAuthorization(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=id/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=00ff")
	f.Add("AWS4-HMAC-SHA256 Credential=a/b/c/d/e,SignedHeaders=,Signature=")
	f.Add("AWS4-HMAC-SHA256 =,=,=")
	f.Add("")
	f.Fuzz(func(t *testing.T, header string) {
		sent, ok := parseAuthorization(header)
		if ok && (sent.accessKey == "" || len(sent.headers) == 0 || sent.value == "") {
			t.Fatalf("%q was accepted as %+v", header, sent)
		}
	})
}
