import { expect, test } from "vitest";
import { addressOf, choices, readShown, statusesOf } from "./shown";

test.each([
  ["", "all", []],
  ["show=all", "all", []],
  ["show=open", "open", ["created", "awaiting_payment"]],
  ["show=paid", "paid", ["complete"]],
  ["show=cancelled", "cancelled", ["cancelled"]],
  ["show=", "all", []],
  ["show=toString", "all", []],
  ["status=paid", "all", []],
] as const)("%s shows %s orders: %j", (query, shown, statuses) => {
  expect(readShown(new URLSearchParams(query))).toBe(shown);
  expect(statusesOf(shown)).toEqual(statuses);
});

test("each choice has an address that is read back as the same", () => {
  for (const choice of choices) expect(readShown(new URL(addressOf(choice), "http://x").searchParams)).toBe(choice);
});
