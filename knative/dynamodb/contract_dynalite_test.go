package dynamodb_test

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// dynaliteDiffers are the promises that dynalite 4.0.0 is known to break.
var dynaliteDiffers = map[string]string{
	"a write costs its indexes' writes too":          "it counts no index that an update enters",
	"a transaction is all or nothing":                "it has no transactions",
	"a failed condition returns the item when asked": "it ignores ReturnValuesOnConditionCheckFailure",
	"BETWEEN of an attribute with itself is refused": "it compares an attribute with itself",
	"broken syntax is refused where it breaks":       "it words syntax errors in its own way",
	"SET and REMOVE act on the list as it was":       "it moves the list's elements between the sections",
}

// TestContractDynalite runs the contract against dynalite, installed (npm ci) in the folder that DYNALITE names.
func TestContractDynalite(t *testing.T) {
	folder := os.Getenv("DYNALITE")
	if folder == "" {
		t.Log("DYNALITE names no folder where dynalite is installed; nothing to compare with")
		return
	}
	keep(t, newStore(sdk.Options{BaseEndpoint: aws.String(startDynalite(t, folder))}), dynaliteDiffers)
}

func startDynalite(t *testing.T, folder string) string {
	t.Helper()
	port := freePort(t)
	cmd := exec.Command("node", filepath.Join(folder, "node_modules", "dynalite", "cli.js"),
		"--port", strconv.Itoa(port), "--createTableMs", "0", "--deleteTableMs", "0", "--updateTableMs", "0")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	url := "http://127.0.0.1:" + strconv.Itoa(port)
	for deadline := time.Now().Add(contractTimeout); ; time.Sleep(20 * time.Millisecond) {
		if answer, err := http.Get(url); err == nil {
			answer.Body.Close()
			return url
		}
		if time.Now().After(deadline) {
			t.Fatal("dynalite does not answer")
		}
	}
}

// freePort is a port that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
