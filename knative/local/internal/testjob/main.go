// Command testjob is a Job for the tests of the local runtime: it succeeds when the store that STORE names answers, and
// fails as JOB_FAIL says when that is set.
package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	if line := os.Getenv("JOB_FAIL"); line != "" {
		fmt.Fprintln(os.Stderr, line)
		os.Exit(1)
	}
	resp, err := http.Get(os.Getenv("STORE"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = resp.Body.Close()
	fmt.Println("the store answers", resp.StatusCode)
}
