import { expect, test } from "vitest";
import type { Order, Payment } from "../../api/client";
import { challengeAddress, stageOf } from "./stage";

const order = (status: Order["status"]): Order => ({
  id: "o", version: 1, status, created_at: "", expires_at: "", ticket: { id: "t", title: "", price: { amount: 1, currency: "USD" } },
});
const payment = (status: Payment["status"]): Payment => ({ id: "p", order_id: "o", amount: { amount: 1, currency: "USD" }, status });

test.each([
  ["created", null, "holding"],
  ["created", "authorized", "holding"],
  ["awaiting_payment", null, "payable"],
  ["awaiting_payment", "authorizing", "payable"],
  ["awaiting_payment", "failed", "payable"],
  ["awaiting_payment", "requires_action", "challenged"],
  ["awaiting_payment", "authorized", "confirming"],
  ["awaiting_payment", "captured", "confirming"],
  ["complete", "authorized", "complete"],
  ["complete", null, "complete"],
  ["cancelled", "captured", "cancelled"],
] as const)("an order that is %s with a payment that is %s is shown as %s", (status, paid, stage) => {
  expect(stageOf(order(status), paid && payment(paid))).toBe(stage);
});

test("the bank's page is found by the client secret", () => {
  const template = "http://x/bank/{id}?secret={secret}";
  expect(challengeAddress(template, "pi_1_secret_a/b")).toBe("http://x/bank/pi_1?secret=pi_1_secret_a%2Fb");
  expect(challengeAddress(undefined, "pi_1_secret_a")).toBeUndefined();
  expect(challengeAddress(template, undefined)).toBeUndefined();
});
