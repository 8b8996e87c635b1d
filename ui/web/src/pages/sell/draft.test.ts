import { describe, expect, test } from "vitest";
import type { Ticket } from "../../api/client";
import { draftOf, emptyDraft, termsOf } from "./draft";

const now = Date.parse("2026-11-23T12:00:00Z");
const least = { ...emptyDraft(), title: " Concert ", price: "42.50", "event.time_zone": "Europe/Brussels" };

describe("what a seller typed", () => {
  test("is told to the API with nothing that was left empty", () => {
    expect(termsOf(least, "en-US", now)).toEqual({ terms: { title: "Concert", price: { amount: 4250, currency: "USD" } } });
  });

  test("begins at the venue's time", () => {
    const draft = { ...least, "event.name": "Festival", "event.starts_at": "2026-12-24T21:00", "seat.row": "4" };
    expect(termsOf(draft, "en-US", now)).toEqual({
      terms: {
        title: "Concert", price: { amount: 4250, currency: "USD" }, seat: { section: "", row: "4", number: "" },
        event: { name: "Festival", venue: "", city: "", starts_at: "2026-12-24T20:00:00Z", time_zone: "Europe/Brussels" },
      },
    });
  });

  test.each([
    [{ title: "  " }, { title: "required" }],
    [{ price: "" }, { price: "amountMissing" }],
    [{ price: "1.005" }, { price: "amountTooPrecise" }],
    [{ face_value: "x" }, { face_value: "amountMalformed" }],
    [{ "event.venue": "Hall" }, { "event.name": "required", "event.starts_at": "startMissing" }],
    [{ "event.name": "Festival", "event.starts_at": "2026-11-23T12:59" }, { "event.starts_at": "startPast" }],
  ])("%o is wrong: %o", (change, faults) => {
    expect(termsOf({ ...least, ...change }, "en-US", now)).toEqual({ faults });
  });

  test("is what the ticket says, when nothing is changed", () => {
    const terms = {
      title: "Opera", price: { amount: 15600, currency: "EUR" }, face_value: { amount: 19900, currency: "EUR" },
      event: { name: "The Magic Flute", venue: "Opera House", city: "Chicago", starts_at: "2027-02-06T01:30:00Z", time_zone: "America/Chicago" },
      seat: { section: "A", row: "K", number: "8" },
    };
    const ticket: Ticket = { id: "t", version: 3, revision: 2, status: "available", seller_id: "s", created_at: "", updated_at: "", attached: false, ...terms };
    for (const locale of ["en-US", "de-DE"]) expect(termsOf(draftOf(ticket, locale), locale, now)).toEqual({ terms });
  });
});
