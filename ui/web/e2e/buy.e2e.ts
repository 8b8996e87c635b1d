import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { eventually, listed, person, signUp } from "./browser";
import { fresh, newEmail, password } from "./people";

describe("buying a ticket", () => {
  test("goes from the list to a paid order, with a declined card on the way", async () => {
    const { title } = await listed({ event: { name: "Opera night", starts_at: "2027-02-06T01:30:00Z", time_zone: "America/Chicago" } });
    const buyer = await person();
    await buyer.goto(`/?q=${encodeURIComponent(title)}`);
    await buyer.getByRole("link", { name: "Opera night" }).click();
    await buyer.getByRole("heading", { level: 1, name: "Opera night" }).waitFor();
    await buyer.getByRole("button", { name: "Buy this ticket" }).click();
    // Nobody is signed in: an account is opened in between, and the way leads back to the ticket.
    await buyer.waitForURL("**/sign-in?next=**");
    await buyer.getByRole("main").getByRole("link", { name: "Sign up" }).click();
    await buyer.getByText("Then you go on where you were.").waitFor();
    await buyer.getByLabel("E-mail address").fill(newEmail());
    await buyer.getByLabel("Password").fill(password);
    await buyer.getByRole("button", { name: "Sign up" }).click();
    await buyer.getByRole("button", { name: "Buy this ticket" }).dblclick();
    await buyer.getByRole("timer").waitFor();
    await buyer.getByLabel("Declined card").check();
    await buyer.getByRole("button", { name: "Pay $42.00" }).click();
    await buyer.getByRole("alert").filter({ hasText: "declined" }).waitFor();
    await buyer.getByLabel("Visa").check();
    await buyer.getByRole("button", { name: "Pay $42.00" }).dblclick();
    await buyer.getByRole("heading", { name: "It’s yours. Enjoy!" }).waitFor();
    // The ticket itself is there at once, as a code that a scanner can read.
    const code = buyer.getByRole("img", { name: "Your ticket as a QR code" });
    await eventually(() => code.evaluate((img) => (img as HTMLImageElement).naturalWidth > 0), true);
    await buyer.getByRole("link", { name: "Orders" }).first().click();
    const paid = buyer.locator(".stub").getByText("Paid");
    await paid.waitFor();
    expect((await paid.boundingBox())?.height).toBeLessThan(40); // a label, whatever pages were seen before
    expect(await buyer.locator(".stub").count()).toBe(1);
  });

  test("leaves a trace, a receipt, and an order that is found by its state", async () => {
    const buyer = await person();
    const email = await signUp(buyer);
    const [given, kept] = [await listed({ seat: { section: "Balcony", row: "2" } }), await listed({ seat: { section: "B", row: "4", number: "17" } })];
    const reserved = await buyer.request.post("/api/orders", { data: { ticket_id: given.id } });
    const order = (await reserved.json()) as { id: string };
    await buyer.request.delete(`/api/orders/${order.id}`);
    await buyer.goto(`/orders/${order.id}`);
    const trace = buyer.getByRole("region", { name: "What happened" }).getByRole("listitem");
    await trace.filter({ hasText: "Cancelled" }).waitFor();
    await buyer.locator(".stub").getByText("Balcony · Row 2", { exact: true }).waitFor(); // what is a section by its name is not called one
    await buyer.goto(`/orders/${order.id}/receipt`);
    await buyer.getByText("There is no receipt yet").waitFor();
    await buyer.goto(`/tickets/${kept.id}`);
    await buyer.getByRole("button", { name: "Buy this ticket" }).click();
    await buyer.getByRole("button", { name: "Pay $42.00" }).click();
    await trace.filter({ hasText: "Paid" }).waitFor();
    expect(await trace.locator("strong").allTextContents()).toEqual(["Ordered", "Held for you", "Paid"]);
    await buyer.getByRole("link", { name: "Receipt" }).click();
    const receipt = buyer.getByRole("region", { name: "Receipt" });
    for (const text of [kept.title, "Section B · Row 4 · Seat 17", email, "$42.00"]) await receipt.getByText(text).waitFor();
    await receipt.getByText(/^Usher member [0-9A-F]{8}$/).waitFor(); // who a number of 36 characters is nobody knows
    await buyer.emulateMedia({ media: "print", colorScheme: "dark" });
    expect(await receipt.evaluate((sheet) => getComputedStyle(sheet).backgroundColor)).toBe("rgb(255, 255, 255)"); // whatever the screen's theme
    expect(await buyer.getByRole("button", { name: "Print" }).isVisible()).toBe(false);
    expect(await receipt.getByText(email).isVisible()).toBe(true);
    await buyer.emulateMedia({ media: "screen", colorScheme: "light" });
    await buyer.getByRole("navigation").getByRole("link", { name: "Orders" }).click();
    await eventually(() => buyer.locator(".stub h3").allTextContents(), [kept.title, given.title]);
    await buyer.getByLabel("Show").selectOption("Paid");
    await eventually(() => buyer.locator(".stub h3").allTextContents(), [kept.title]);
    await buyer.reload();
    await eventually(() => buyer.locator(".stub h3").allTextContents(), [kept.title]);
    await buyer.getByLabel("Show").selectOption("To be paid");
    await buyer.getByText("No such orders").waitFor();
    await buyer.getByRole("link", { name: "Show everything" }).click();
    await eventually(() => buyer.locator(".stub").count(), 2);
  });

  test("shows the order as paid only when it is complete", async () => {
    const { id } = await listed();
    const buyer = await person();
    await signUp(buyer);
    // The order's answers are held at awaiting_payment, as when the event that completes it is late.
    let late = true;
    await buyer.route(/\/api\/orders\/[^/]+$/, async (route) => {
      const response = await route.fetch();
      const order = (await response.json()) as { status: string };
      await route.fulfill({ response, json: late && order.status === "complete" ? { ...order, status: "awaiting_payment" } : order });
    });
    await buyer.goto(`/tickets/${id}`);
    await buyer.getByRole("button", { name: "Buy this ticket" }).click();
    await buyer.getByRole("button", { name: "Pay $42.00" }).click();
    await buyer.getByRole("heading", { name: "Payment approved" }).waitFor();
    expect(await buyer.getByText("It’s yours").count()).toBe(0);
    late = false;
    await buyer.getByRole("heading", { name: "It’s yours. Enjoy!" }).waitFor();
  });

  test("goes on after the bank's question", async () => {
    const { id } = await listed();
    const buyer = await person();
    await signUp(buyer);
    await buyer.goto(`/tickets/${id}`);
    await buyer.getByRole("button", { name: "Buy this ticket" }).click();
    await buyer.getByLabel("3-D Secure").check();
    await buyer.getByRole("button", { name: "Pay $42.00" }).click();
    const [bank] = await Promise.all([buyer.context().waitForEvent("page"), buyer.getByRole("link", { name: "Open my bank’s page" }).click()]);
    await bank.getByRole("button", { name: "Approve" }).click();
    await buyer.getByRole("heading", { name: "It’s yours. Enjoy!" }).waitFor();
    await bank.getByRole("heading", { name: "It’s yours. Enjoy!" }).waitFor(); // the bank leads back to the order
  });

  test("a bank that says no leaves the order to another card", async () => {
    const { id } = await listed();
    const buyer = await person();
    await signUp(buyer);
    await buyer.goto(`/tickets/${id}`);
    await buyer.getByRole("button", { name: "Buy this ticket" }).click();
    await buyer.getByLabel("3-D Secure").check();
    await buyer.getByRole("button", { name: "Pay $42.00" }).click();
    const [bank] = await Promise.all([buyer.context().waitForEvent("page"), buyer.getByRole("link", { name: "Open my bank’s page" }).click()]);
    await bank.getByRole("button", { name: /refuse|decline/i }).click();
    await buyer.getByRole("alert").filter({ hasText: "declined" }).waitFor();
    await buyer.getByLabel("Visa").check();
    await buyer.getByRole("button", { name: "Pay $42.00" }).click();
    await buyer.getByRole("heading", { name: "It’s yours. Enjoy!" }).waitFor();
  });

  test("can be given up, and the ticket is free at once", async () => {
    const { id } = await listed();
    const buyer = await person();
    await signUp(buyer);
    await buyer.goto(`/tickets/${id}`);
    await buyer.getByRole("button", { name: "Buy this ticket" }).click();
    await buyer.getByRole("button", { name: "Cancel the order" }).click();
    await buyer.getByRole("dialog").getByRole("button", { name: "Cancel the order" }).click();
    await buyer.getByText("You cancelled it. You were not charged.").waitFor();
    await buyer.getByRole("link", { name: "Look at the ticket again" }).click();
    await buyer.getByRole("button", { name: "Buy this ticket" }).waitFor();
  });
});

test("ends on a phone with the good news in sight", async () => {
  const { id } = await listed();
  const buyer = await person({ viewport: { width: 390, height: 664 }, hasTouch: true, isMobile: true });
  await signUp(buyer);
  await buyer.goto(`/tickets/${id}`);
  await buyer.getByRole("button", { name: "Buy this ticket" }).tap();
  await buyer.getByRole("button", { name: "Pay $42.00" }).tap(); // below the screen's edge until it is scrolled to
  const heading = buyer.getByRole("heading", { name: "It’s yours. Enjoy!" });
  await heading.waitFor();
  await eventually(() => buyer.evaluate(() => scrollY), 0);
  expect((await heading.boundingBox())?.y).toBeLessThan(500);
  expect(await buyer.evaluate(() => document.activeElement?.tagName)).toBe("SECTION");
});

test("delivers the ticket though that hears of the payment late", async () => {
  const { id } = await listed();
  const buyer = await person();
  await signUp(buyer);
  let refusals = 2;
  await buyer.route(`**/api/tickets/${id}/pass`, (route) => (refusals-- <= 0 ? route.continue() : route.fulfill({
    status: 403, contentType: "application/problem+json",
    json: { type: "https://usher.example/problems/forbidden", title: "Forbidden", status: 403, detail: "Not yet.", errors: [{ message: "Not yet." }] },
  })));
  await buyer.goto(`/tickets/${id}`);
  await buyer.getByRole("button", { name: "Buy this ticket" }).click();
  await buyer.getByRole("button", { name: "Pay $42.00" }).click();
  await buyer.getByRole("img", { name: "Your ticket as a QR code" }).waitFor();
  expect(refusals).toBeLessThan(0);
});

test("whoever left their order open finds it again at the ticket", async () => {
  const { id } = await listed();
  const buyer = await person();
  await signUp(buyer);
  await buyer.goto(`/tickets/${id}`);
  await buyer.getByRole("button", { name: "Buy this ticket" }).click();
  await buyer.getByRole("timer").waitFor();
  await buyer.goto(`/tickets/${id}`);
  await buyer.getByText("You are buying this ticket").waitFor();
  await buyer.getByRole("link", { name: "Go to your order" }).click();
  await buyer.getByRole("timer").waitFor();
});

test("an event that begins while somebody looks ends the sale", async () => {
  const starts_at = new Date(Date.now() + 12_000).toISOString().replace(/\.\d+/, "");
  const { id } = await listed({ event: { name: "Matinee", starts_at, time_zone: "Europe/Vienna" } });
  const late = await person();
  await late.goto(`/tickets/${id}`);
  await late.getByRole("button", { name: "Buy this ticket" }).waitFor();
  await late.getByText("The event has begun").waitFor();
  expect(await late.getByRole("button", { name: "Buy this ticket" }).count()).toBe(0);
});

describe("what others do", () => {
  test("a ticket that is taken disappears within three seconds", async () => {
    const { id, title } = await listed();
    const watcher = await person();
    await watcher.goto(`/?q=${encodeURIComponent(title)}`);
    await watcher.getByRole("link", { name: title }).waitFor();
    const rival = await person();
    await signUp(rival);
    const order = await rival.request.post("/api/orders", { data: { ticket_id: id } });
    expect(order.status()).toBe(201);
    await eventually(() => watcher.getByRole("link", { name: title }).count(), 0, 3000);
  });

  test("of two browsers that reserve one ticket at once, one does", async () => {
    const { id } = await listed();
    const both = [await person(), await person()];
    for (const buyer of both) {
      await signUp(buyer);
      await buyer.goto(`/tickets/${id}`);
      await buyer.getByRole("button", { name: "Buy this ticket" }).waitFor();
    }
    await Promise.all(both.map((buyer) => buyer.getByRole("button", { name: "Buy this ticket" }).click()));
    const won = (buyer: Page) => buyer.getByRole("timer").waitFor().then(() => "won");
    const lost = (buyer: Page) => buyer.getByText("Somebody is buying this ticket").waitFor().then(() => "lost");
    const outcomes = await Promise.all(both.map((buyer) => Promise.any([won(buyer), lost(buyer)])));
    expect(outcomes.toSorted()).toEqual(["lost", "won"]);
  });

  test("who finds a ticket taken is offered others for the same event", async () => {
    const event = { name: `Gala ${fresh()}`, starts_at: "2027-02-06T19:30:00Z", time_zone: "Europe/Vienna" };
    const taken = await listed({ event });
    const other = await listed({ event });
    const rival = await person();
    await signUp(rival);
    expect((await rival.request.post("/api/orders", { data: { ticket_id: taken.id } })).status()).toBe(201);
    const late = await person();
    await late.goto(`/tickets/${taken.id}`);
    await late.getByText("Somebody is buying this ticket").waitFor();
    const offered = late.getByRole("region", { name: "Also on sale" }).getByRole("link");
    await offered.click();
    await late.waitForURL(`**/tickets/${other.id}`);
    await late.getByRole("button", { name: "Buy this ticket" }).waitFor();
  });

  test("who comes second is told so", async () => {
    const { id } = await listed();
    const [first, second] = [await person(), await person()];
    await signUp(first);
    await signUp(second);
    await second.route(`**/api/tickets/${id}`, async (route) => {
      // This browser still believes that the ticket is free.
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...((await response.json()) as object), status: "available" } });
    });
    await second.goto(`/tickets/${id}`);
    await second.getByRole("button", { name: "Buy this ticket" }).waitFor();
    expect((await first.request.post("/api/orders", { data: { ticket_id: id } })).status()).toBe(201);
    await second.getByRole("button", { name: "Buy this ticket" }).click();
    await second.getByRole("alert").filter({ hasText: "Somebody else was faster" }).waitFor();
  });

  test("a session that ends leads to sign in and back", async () => {
    const buyer = await person();
    const email = await signUp(buyer);
    await buyer.goto("/orders");
    await buyer.getByText("No orders yet").waitFor();
    await buyer.context().clearCookies();
    await buyer.waitForURL("**/sign-in?next=%2Forders");
    await buyer.getByLabel("E-mail address").fill(email);
    await buyer.getByLabel("Password").fill("wrong password");
    await buyer.getByRole("button", { name: "Sign in" }).click();
    await buyer.getByRole("alert").filter({ hasText: "is wrong" }).waitFor();
    await buyer.getByLabel("Password").fill(password);
    await buyer.getByRole("button", { name: "Sign in" }).click();
    await buyer.waitForURL("**/orders");
    await buyer.getByText("No orders yet").waitFor();
  });
});
