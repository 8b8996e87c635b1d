import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { eventually, listed, person, signUp } from "./browser";

/** Counts what the server said to this page's reads of the paths: the browser hides a 304 behind what it has kept. */
async function statuses(page: Page, path: RegExp): Promise<{ asked: boolean; status: number }[]> {
  const seen: { asked: boolean; status: number }[] = [];
  const wanted = new Set<string>();
  const conditional = new Set<string>();
  const wire = await page.context().newCDPSession(page);
  await wire.send("Network.enable");
  wire.on("Network.requestWillBeSent", ({ requestId, request }) => {
    if (path.test(new URL(request.url).pathname)) wanted.add(requestId);
  });
  wire.on("Network.requestWillBeSentExtraInfo", ({ requestId, headers }) => {
    if (Object.keys(headers).some((name) => name.toLowerCase() === "if-none-match")) conditional.add(requestId);
  });
  wire.on("Network.responseReceivedExtraInfo", ({ requestId, statusCode }) => {
    if (wanted.has(requestId)) seen.push({ asked: conditional.has(requestId), status: statusCode });
  });
  return seen;
}

test("a list that has not changed is not sent again, and a sold ticket leaves it within three seconds", async () => {
  const { id, title } = await listed();
  const watcher = await person();
  const seen = await statuses(watcher, /^\/api\/tickets$/);
  await watcher.goto(`/?q=${encodeURIComponent(title)}`);
  await watcher.getByRole("link", { name: title }).waitFor();
  await eventually(async () => seen.some((s) => s.asked && s.status === 304), true);
  const rival = await person();
  await signUp(rival);
  const reserved = await rival.request.post("/api/orders", { data: { ticket_id: id } });
  expect(reserved.status()).toBe(201);
  const order = (await reserved.json()) as { id: string };
  const gone = eventually(() => watcher.getByRole("link", { name: title }).count(), 0, 3000);
  const paid = eventually(async () => (await rival.request.post("/api/payments", { data: { order_id: order.id, payment_method: "pm_card_visa" } })).status(), 201);
  await Promise.all([gone, paid]);
  await eventually(async () => ((await (await rival.request.get(`/api/tickets/${id}`)).json()) as { status: string }).status, "sold");
  expect(await watcher.getByRole("link", { name: title }).count()).toBe(0);
});

test("an order that has not changed is not sent again", async () => {
  const { id } = await listed();
  const buyer = await person();
  await signUp(buyer);
  const seen = await statuses(buyer, /^\/api\/orders\/[^/]+$/);
  await buyer.goto(`/tickets/${id}`);
  await buyer.getByRole("button", { name: "Buy this ticket" }).click();
  await buyer.getByRole("timer").waitFor();
  await eventually(async () => seen.some((s) => s.asked && s.status === 304), true);
});
