import { describe, expect, test } from "vitest";
import { dayOf, formatStart } from "./format";
import { knownZone } from "./zone";
import { toLocal, toUTC, zones } from "./zoned";

describe("a local time at the venue", () => {
  test.each([
    ["2026-12-24T21:00", "Europe/Brussels", "2026-12-24T20:00:00Z"],
    ["2026-07-01T21:00", "Europe/Brussels", "2026-07-01T19:00:00Z"],
    ["2027-02-05T19:30", "America/Chicago", "2027-02-06T01:30:00Z"],
    ["2027-03-21T19:00", "Asia/Tokyo", "2027-03-21T10:00:00Z"],
    ["2027-01-01T00:15", "Asia/Kathmandu", "2026-12-31T18:30:00Z"],
    ["2026-12-24T21:00", "UTC", "2026-12-24T21:00:00Z"],
    ["2026-10-25T03:30", "Europe/Berlin", "2026-10-25T02:30:00Z"],
    ["2026-03-29T03:30", "Europe/Berlin", "2026-03-29T01:30:00Z"],
    ["2026-03-29T01:30", "Europe/Berlin", "2026-03-29T00:30:00Z"],
  ])("%s in %s is %s", (local, zone, utc) => {
    expect(toUTC(local, zone)).toBe(utc);
    expect(toLocal(utc, zone)).toBe(local);
  });

  test.each(["", "tomorrow", "2026-13-01T10:00", "2026-12-24"])("%s is no time", (text) => {
    expect(toUTC(text, "UTC")).toBeUndefined();
  });
});

test("an hour that the clock skips is still a moment near it", () => {
  expect(["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"]).toContain(toUTC("2026-03-29T02:30", "Europe/Berlin"));
});

describe("a start that is shown", () => {
  const event = { name: "Opera", starts_at: "2027-02-06T01:30:00Z", time_zone: "America/Chicago" };

  test("is the venue's time, with its zone for who is elsewhere", () => {
    expect(formatStart(event, "en-US", "Europe/Berlin")).toMatch(/Feb.* 5, 2027.* 7:30.PM CST/);
    expect(formatStart(event, "en-US", "America/Chicago")).not.toContain("CST");
    expect(formatStart(event, "de-DE", "America/Chicago")).toMatch(/5\. Februar 2027.*19:30/);
  });

  test("is UTC where the zone is unknown", () => {
    expect(knownZone("Mars/Olympus")).toBe("UTC");
    expect(knownZone(undefined)).toBe("UTC");
    expect(formatStart({ ...event, time_zone: "Mars/Olympus" }, "en-US", "Europe/Berlin")).toMatch(/1:30.AM UTC/);
  });

  test("is told in pieces for the card", () => {
    expect(dayOf(event, "en-US")).toMatchObject({ day: "5", month: "Feb", weekday: "Fri" });
    expect(dayOf(event, "de-DE")).toMatchObject({ day: "5", month: "Feb", weekday: "Fr", time: "19:30" });
  });
});

test("the zones to choose from have UTC and no doubles", () => {
  const all = zones();
  expect(all).toContain("UTC");
  expect(new Set(all).size).toBe(all.length);
});
