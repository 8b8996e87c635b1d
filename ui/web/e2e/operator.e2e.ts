import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { eventually, listed, person, signUp } from "./browser";
import { broker, fresh, operator, password } from "./people";

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
  await buyer.goto("/orders");
  await buyer.locator(".stub").getByText("Refunded").waitFor();
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

/** Sends the Broker an event that its one subscriber does not take; says what the event is about. */
async function refusedEvent(): Promise<string> {
  const subject = fresh();
  const response = await fetch(`http://${broker}/usher/usher`, {
    method: "POST", body: "{}",
    headers: { "Content-Type": "application/json", "Ce-Specversion": "1.0", "Ce-Id": subject, "Ce-Source": "/test", "Ce-Type": "usher.order.expired.v1", "Ce-Subject": subject },
  });
  expect(response.status).toBe(202);
  return subject;
}

/** The operator's page, by somebody who may see it. */
async function operating(): Promise<Page> {
  const staff = await person();
  expect((await staff.request.post("/api/users/signin", { data: { email: operator, password } })).status()).toBe(200);
  await staff.goto("/operator");
  return staff;
}

test.skipIf(broker === "")("an operator sends an undelivered event again, and drops one", async () => {
  const subject = await refusedEvent();
  const staff = await operating();
  const letter = staff.getByRole("article").filter({ hasText: subject });
  await letter.getByText("orders-on-expiry").waitFor();
  await letter.getByText("problems/invalid").waitFor(); // what the function said
  const before = await letter.getAttribute("aria-labelledby");
  await letter.getByRole("button", { name: "Send again" }).click();
  // It is refused once more, and comes back as another one.
  await expect.poll(async () => ((await letter.count()) === 1 ? letter.getAttribute("aria-labelledby") : before), { timeout: 15_000 }).not.toBe(before);
  await letter.getByRole("button", { name: "Drop it" }).click();
  await staff.getByRole("dialog").getByRole("button", { name: "Keep it" }).click();
  await letter.getByRole("button", { name: "Drop it" }).click();
  await staff.getByRole("dialog").getByRole("button", { name: "Drop it" }).click();
  await letter.waitFor({ state: "detached" });
  await staff.reload();
  await staff.getByText("Every event was delivered.").or(staff.getByRole("article").first()).waitFor();
  expect(await letter.count()).toBe(0);
});

test.skipIf(broker === "")("what another operator has decided about is not decided again", async () => {
  const subject = await refusedEvent();
  const staff = await operating();
  const letter = staff.getByRole("article").filter({ hasText: subject });
  await letter.waitFor();
  await staff.route("**/api/operator/dead-letters/*/replay", (route) => route.fulfill({ status: 404, contentType: "application/problem+json", json: {
    type: "https://usher.example/problems/not_found", title: "Not Found", status: 404, detail: "There is no such dead letter.", errors: [{ message: "There is no such dead letter." }],
  } }));
  await letter.getByRole("button", { name: "Send again" }).click();
  await letter.getByRole("alert").filter({ hasText: "It has been sent again or dropped already." }).waitFor();
  await letter.getByRole("button", { name: "Drop it" }).click();
  await staff.getByRole("dialog").getByRole("button", { name: "Drop it" }).click();
  await letter.waitFor({ state: "detached" });
});

test.skipIf(broker === "")("the operator's page fits the narrowest screen", async () => {
  await refusedEvent();
  const staff = await operating();
  await staff.getByRole("article").first().waitFor();
  await staff.setViewportSize({ width: 320, height: 860 });
  for (const [language, heading, name] of [["en", "Undelivered events", "Account"], ["de", "Nicht zugestellte Ereignisse", "Konto"]] as const) {
    await staff.locator(".footer select").selectOption(language);
    await staff.getByRole("heading", { name: heading }).waitFor();
    await eventually(() => staff.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
    const account = await staff.getByRole("link", { name, exact: true }).boundingBox();
    expect((account?.x ?? 320) + (account?.width ?? 0)).toBeLessThanOrEqual(320 - 16); // as far from the edge as all else
  }
});

test("undelivered events that cannot be read are said to be so", async () => {
  const staff = await person();
  expect((await staff.request.post("/api/users/signin", { data: { email: operator, password } })).status()).toBe(200);
  await staff.route("**/api/operator/dead-letters?*", (route) => route.abort("failed"));
  await staff.goto("/operator");
  await staff.getByRole("alert").filter({ hasText: "cannot be reached" }).waitFor({ timeout: 15_000 });
});
