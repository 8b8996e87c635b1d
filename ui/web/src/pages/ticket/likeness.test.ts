import { expect, test } from "vitest";
import { likeness } from "./likeness";

const event = (name: string) => ({ name, starts_at: "2027-01-01T20:00:00Z", time_zone: "UTC" });

test.each([
  ["the event", { title: "Row 4", event: event("Winter  Light Festival ") }, "Winter Light Festival"],
  ["the title where there is no event", { title: "Two seats" }, "Two seats"],
  ["at most eight words", { title: "a b c d e f g h i j" }, "a b c d e f g h"],
  ["whole words of at most a hundred characters", { title: `${"x".repeat(60)} ${"y".repeat(60)}` }, "x".repeat(60)],
  ["a part of a word that is longer", { title: "é".repeat(120) }, "é".repeat(100)],
])("what is like a ticket is found by %s", (_, ticket, words) => {
  expect(likeness(ticket)).toBe(words);
});
