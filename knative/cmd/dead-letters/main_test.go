package main

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	eventingduckv1 "knative.dev/eventing/pkg/apis/duck/v1"

	"usher.example/knative/broker/brokertest"
	"usher.example/knative/broker/contract"
)

func TestDeadLettersCommand(t *testing.T) {
	rig := brokertest.Start(t, brokertest.Options{})
	sub := brokertest.NewSubscriber(t, brokertest.Answer(http.StatusGone))
	b := rig.Broker(t, contract.Trigger{Name: "picky", Subscriber: sub.URL, Delivery: &eventingduckv1.DeliverySpec{Retry: brokertest.Ptr[int32](0)}})
	command := func(args ...string) (string, error) {
		var out bytes.Buffer
		err := run(t.Context(), append([]string{"-broker-url", rig.URL}, args...), &out)
		return out.String(), err
	}
	b.MustSend(t, brokertest.NewEvent("e1", "x"), brokertest.NewEvent("e2", "x"))
	brokertest.Until(t, "both are listed", func() bool {
		out, err := command("list", "-trigger", "picky")
		return err == nil && strings.Contains(out, "e1") && strings.Contains(out, "e2") && strings.Contains(out, "410 Gone")
	})
	t.Run("show prints the event", func(t *testing.T) {
		if out, err := command("show", b.Name+"/1"); err != nil || !strings.Contains(out, `"specversion": "1.0"`) {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("drop takes it off the list", func(t *testing.T) {
		if out, err := command("drop", b.Name+"/1"); err != nil || !strings.Contains(out, "dropped "+b.Name+"/1: 1") {
			t.Errorf("%v\n%s", err, out)
		}
		if _, err := command("show", b.Name+"/1"); err == nil {
			t.Error("it is still there")
		}
	})
	t.Run("replay sends it again", func(t *testing.T) {
		if out, err := command("replay", "-all"); err != nil || !strings.Contains(out, "replayed: 1") {
			t.Errorf("%v\n%s", err, out)
		}
		sub.Wait(t, 3)
	})
	for name, args := range map[string][]string{
		"nothing said": {}, "an unknown command": {"explode"}, "show without one": {"show"}, "a bad number": {"show", "17"},
		"an unknown flag": {"list", "-x"}, "an unknown one": {"drop", b.Name + "/99"}, "drop without a selection": {"drop"},
	} {
		t.Run("refused: "+name, func(t *testing.T) {
			if out, err := command(args...); err == nil {
				t.Errorf("it went well: %s", out)
			}
		})
	}
	t.Run("a Broker that is not there is an error that says so", func(t *testing.T) {
		err := run(t.Context(), []string{"-broker-url", "http://127.0.0.1:1", "list"}, &bytes.Buffer{})
		if err == nil || !strings.Contains(fmt.Sprint(err), "running") {
			t.Errorf("error is %v", err)
		}
	})
}

func TestLegible(t *testing.T) {
	for name, c := range map[string]struct{ body, want any }{
		"Text":    {"Z29uZSBmb3IgZ29vZA==", "gone for good"},
		"Binary":  {"//79", "//79"},
		"NotSaid": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			failure := map[string]any{"body": c.body}
			legible(map[string]any{"parked": map[string]any{"failure": failure}})
			if failure["body"] != c.want {
				t.Errorf("shown as %v", failure["body"])
			}
		})
	}
	legible(map[string]any{}) // an event that was never parked
}
