package store

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
)

// containerAgents are where EKS and ECS give a container the credentials of its role, without encryption but on its own machine.
var containerAgents = []netip.Addr{netip.MustParseAddr("169.254.170.23"), netip.MustParseAddr("169.254.170.2"), netip.MustParseAddr("fd00:ec2::23")}

// credentialsFrom finds who the store is asked as: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; or where there are none,
// the role of the container, as EKS Pod Identity and ECS offer it by AWS_CONTAINER_CREDENTIALS_FULL_URI and
// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE. It asks nobody yet.
func credentialsFrom(getenv func(string) string) (aws.CredentialsProvider, error) {
	id, secret := getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_SECRET_ACCESS_KEY")
	agent := getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	switch {
	case id != "" && secret != "":
		return credentials.NewStaticCredentialsProvider(id, secret, getenv("AWS_SESSION_TOKEN")), nil
	case agent == "":
		return nil, errors.New("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set (any value for the embedded store), or the container be given a role")
	}
	if err := checkAgent(agent); err != nil {
		return nil, err
	}
	token := getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
	return aws.NewCredentialsCache(endpointcreds.New(agent, func(o *endpointcreds.Options) {
		if token != "" {
			o.AuthorizationTokenProvider = endpointcreds.TokenProviderFunc(func() (string, error) { return readToken(token) })
		}
	})), nil
}

// checkAgent refuses an address that would send the container's token to somebody else, or in the open.
func checkAgent(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return errors.New("AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL")
	}
	if u.Scheme == "https" {
		return nil
	}
	ip, err := netip.ParseAddr(u.Hostname())
	known := err == nil && ip.IsLoopback()
	for _, agent := range containerAgents {
		known = known || ip == agent
	}
	if u.Scheme != "http" || !known {
		return errors.New("AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or lead to the machine itself")
	}
	return nil
}

// readToken reads the token anew each time: it is replaced while the process runs.
func readToken(file string) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: %w", err)
	}
	token := strings.TrimSpace(string(content))
	if token == "" || strings.ContainsAny(token, "\r\n") {
		return "", errors.New("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE does not hold one line")
	}
	return token, nil
}
