import { expect, test } from "vitest";
import { eventually, listed, person, signUp } from "./browser";
import { operator, password } from "./people";

test("an operator finds a payment and refunds it, and its buyer is told", async () => {
  const { id } = await listed();
  const buyer = await person();
  await signUp(buyer);
  const order = (await (await buyer.request.post("/api/orders", { data: { ticket_id: id } })).json()) as { id: string };
  const pay = { order_id: order.id, payment_method: "pm_card_visa" };
  await eventually(async () => (await buyer.request.post("/api/payments", { data: pay })).status(), 201); // 409 until it is held
  const staff = await person();
  await staff.goto("/operator");
  await staff.waitForURL("**/sign-in?next=%2Foperator");
  await staff.getByLabel("E-mail address").fill(operator);
  await staff.getByLabel("Password").fill(password);
  await staff.getByRole("button", { name: "Sign in" }).click();
  await staff.getByLabel("Order number").fill(order.id);
  await staff.getByRole("button", { name: "Find the payment" }).click();
  await staff.getByRole("button", { name: "Refund $42.00" }).click();
  await staff.getByRole("dialog").getByRole("button", { name: "Refund $42.00" }).click();
  await staff.getByRole("status").filter({ hasText: "Refunded" }).waitFor();
  await expect.poll(() => staff.getByRole("button", { name: "Refund" }).count(), { timeout: 10_000 }).toBe(0); // the dialog goes, then the button
  await buyer.goto(`/orders/${order.id}`);
  await buyer.getByText("$42.00 was given back to your card.").waitFor();
});

test("an operator is told where there is no payment", async () => {
  const staff = await person();
  expect((await staff.request.post("/api/users/signin", { data: { email: operator, password } })).status()).toBe(200);
  for (const order of ["01a20a80-ba2b-79f3-8a7e-c8705efb03f2", "../tickets"]) {
    await staff.goto(`/operator?order=${encodeURIComponent(order)}`);
    await staff.getByText("There is no payment").waitFor();
  }
});

test("nobody else has that page", async () => {
  const buyer = await person();
  await signUp(buyer);
  await buyer.goto("/operator");
  await buyer.getByText("This page is for operators").waitFor();
});
