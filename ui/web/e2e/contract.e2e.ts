import { afterAll, beforeAll, expect, test } from "vitest";
import { breach } from "./contract";
import { newEmail, operator, password, url } from "./people";

/** Somebody who speaks to the API without a browser. */
class Caller {
  private cookie = "";

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(url + path, {
      method, redirect: "manual", body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
      headers: { ...(body !== undefined && { "Content-Type": "application/json" }), ...(this.cookie && { Cookie: this.cookie }), ...headers },
    });
    const set = response.headers.get("Set-Cookie")?.split(";")[0];
    if (set) this.cookie = set;
    const text = await response.text();
    const kind = response.headers.get("Content-Type") ?? "";
    expect(breach(method, path.split("?")[0] ?? path, response.status, kind, text)).toBeUndefined();
    expect(response.headers.get("X-Request-Id")).toMatch(/^[\w.-]+$/);
    return { status: response.status, headers: response.headers, body: text ? (JSON.parse(text) as Record<string, never>) : null };
  }

  async signUp(): Promise<string> {
    const email = newEmail();
    expect((await this.send("POST", "/api/users/signup", { email, password })).status).toBe(201);
    return email;
  }
}

const seller = new Caller();
const buyer = new Caller();
const nobody = new Caller();
const unknown = "01a20a80-ba2b-79f3-8a7e-c8705efb03f2";
let ticket = "";

beforeAll(async () => {
  await seller.signUp();
  await buyer.signUp();
});

async function list(): Promise<string> {
  const made = await seller.send("POST", "/api/tickets", { title: "Seat", price: "42.00", seat: { row: "4" } });
  expect(made.status).toBe(201);
  return made.body?.["id"] ?? "";
}

test("users: every answer is as described", async () => {
  const email = await new Caller().signUp();
  const cases: [unknown, number][] = [
    [{ email, password }, 409], [{ email: "x", password: "short" }, 400], ["{", 400], ["[]", 400], [{ email, password, admin: true }, 400], ["", 400],
  ];
  for (const [body, status] of cases) expect([body, (await nobody.send("POST", "/api/users/signup", body)).status]).toEqual([body, status]);
  expect((await nobody.send("POST", "/api/users/signin", { email, password: "not this one" })).status).toBe(401);
  expect((await nobody.send("POST", "/api/users/signin", { email: newEmail(), password })).status).toBe(401);
  expect((await nobody.send("GET", "/api/users/currentuser")).body).toEqual({ currentUser: null });
  const somebody = new Caller();
  expect((await somebody.send("POST", "/api/users/signin", { email, password })).status).toBe(200);
  expect((await somebody.send("GET", "/api/users/current")).body).toMatchObject({ currentUser: { email } });
  expect((await somebody.send("POST", "/api/users/signout")).status).toBe(200);
  expect((await somebody.send("GET", "/api/users/currentuser")).body).toEqual({ currentUser: null });
});

test("tickets: every answer is as described", async () => {
  ticket = await list();
  const cases: [Caller, string, string, unknown, number][] = [
    [nobody, "POST", "/api/tickets", { title: "x", price: "1" }, 401],
    [seller, "POST", "/api/tickets", { title: "", price: 0, event: { starts_at: "soon" } }, 400],
    [seller, "POST", "/api/tickets", { title: "x", price: { amount: 1.5, currency: "USD" } }, 400],
    [seller, "POST", "/api/tickets", { title: "x", price: 0.29 }, 201],
    [nobody, "GET", `/api/tickets/${ticket}`, undefined, 200],
    [nobody, "GET", `/api/tickets/${unknown}`, undefined, 404],
    [nobody, "GET", "/api/tickets/not-an-id", undefined, 404],
    [nobody, "GET", "/api/tickets?limit=1", undefined, 200],
    [nobody, "GET", "/api/tickets?q=seat&limit=100", undefined, 200],
    [nobody, "GET", "/api/tickets?limit=0", undefined, 400],
    [nobody, "GET", "/api/tickets?cursor=%00", undefined, 400],
    [nobody, "GET", "/api/tickets/mine", undefined, 401],
    [seller, "GET", "/api/tickets/mine", undefined, 200],
    [buyer, "PUT", `/api/tickets/${ticket}`, { title: "x", price: "1" }, 403],
    [nobody, "PUT", `/api/tickets/${ticket}`, { title: "x", price: "1" }, 401],
    [seller, "PUT", `/api/tickets/${ticket}`, { title: "y", price: "43.00" }, 200],
    [seller, "PUT", `/api/tickets/${unknown}`, { title: "x", price: "1" }, 404],
    [buyer, "DELETE", `/api/tickets/${ticket}`, undefined, 403],
  ];
  for (const [who, method, path, body, status] of cases) {
    expect([method, path, body, (await who.send(method, path, body)).status]).toEqual([method, path, body, status]);
  }
  const shown = await nobody.send("GET", `/api/tickets/${ticket}`);
  const again = await nobody.send("GET", `/api/tickets/${ticket}`, undefined, { "If-None-Match": shown.headers.get("ETag") ?? "" });
  expect(again.status).toBe(304);
  expect((await seller.send("PUT", `/api/tickets/${ticket}`, { title: "z", price: "1" }, { "If-Match": '"1"' })).status).toBe(412);
  const gone = await list();
  expect((await seller.send("DELETE", `/api/tickets/${gone}`)).status).toBe(204);
  expect((await seller.send("DELETE", `/api/tickets/${gone}`)).status).toBe(204);
});

test("orders and payments: every answer is as described", async () => {
  const order = await buyer.send("POST", "/api/orders", { ticketId: ticket }, { "Idempotency-Key": "a" });
  expect(order.status).toBe(201);
  const id: string = order.body?.["id"] ?? "";
  const same = await buyer.send("POST", "/api/orders", { ticket_id: ticket }, { "Idempotency-Key": "a" });
  expect([same.status, same.body?.["id"]]).toEqual([201, id]);
  await expect.poll(async () => (await buyer.send("GET", `/api/orders/${id}`)).body?.["status"], { timeout: 10_000 }).toBe("awaiting_payment");
  const third = new Caller();
  await third.signUp();
  const cases: [Caller, string, string, unknown, number][] = [
    [nobody, "POST", "/api/orders", { ticket_id: ticket }, 401],
    [seller, "POST", "/api/orders", { ticket_id: ticket }, 403],
    [third, "POST", "/api/orders", { ticket_id: ticket }, 409],
    [third, "POST", "/api/orders", { ticket_id: unknown }, 404],
    [third, "POST", "/api/orders", {}, 400],
    [third, "GET", `/api/orders/${id}`, undefined, 404],
    [third, "DELETE", `/api/orders/${id}`, undefined, 404],
    [nobody, "GET", "/api/orders", undefined, 401],
    [buyer, "GET", "/api/orders?limit=1", undefined, 200],
    [seller, "PUT", `/api/tickets/${ticket}`, { title: "x", price: "1" }, 409],
    [seller, "DELETE", `/api/tickets/${ticket}`, undefined, 409],
    [seller, "GET", "/api/tickets/mine", undefined, 200],
    [buyer, "GET", `/api/payments/${id}`, undefined, 404],
    [nobody, "POST", "/api/payments", { order_id: id, payment_method: "pm_card_visa" }, 401],
    [third, "POST", "/api/payments", { order_id: id, payment_method: "pm_card_visa" }, 404],
    [buyer, "POST", "/api/payments", {}, 400],
    [buyer, "POST", "/api/payments", { order_id: id, payment_method: "pm_card_chargeDeclined" }, 402],
    [buyer, "GET", `/api/payments/${id}`, undefined, 200],
    [buyer, "POST", "/api/payments", { orderId: id, payment_method: "pm_card_visa" }, 201],
  ];
  for (const [who, method, path, body, status] of cases) {
    expect([method, path, body, (await who.send(method, path, body)).status]).toEqual([method, path, body, status]);
  }
  await expect.poll(async () => (await buyer.send("GET", `/api/orders/${id}`)).body?.["status"], { timeout: 10_000 }).toBe("complete");
  await expect.poll(async () => (await buyer.send("GET", `/api/payments/${id}`)).body?.["status"], { timeout: 10_000 }).toBe("captured");
  expect((await buyer.send("DELETE", `/api/orders/${id}`)).status).toBe(409);
  const other = await buyer.send("POST", "/api/orders", { ticket_id: await list() });
  const otherID: string = other.body?.["id"] ?? "";
  expect((await buyer.send("DELETE", `/api/orders/${otherID}`)).status).toBe(204);
  expect((await buyer.send("POST", "/api/payments", { order_id: otherID, payment_method: "pm_card_visa" })).status).toBe(409);
  expect((await nobody.send("POST", "/api/payments/webhook", {}, { "Stripe-Signature": "t=1,v1=00" })).status).toBe(400);
});

test("operators: every answer is as described", async () => {
  const staff = new Caller();
  expect((await staff.send("POST", "/api/users/signin", { email: operator, password })).status).toBe(200);
  const letters = "/api/operator/dead-letters";
  const cases: [Caller, string, string, number][] = [
    [staff, "GET", letters, 200], [staff, "GET", `${letters}?limit=0`, 400], [buyer, "GET", letters, 403], [nobody, "GET", letters, 401],
  ];
  for (const id of ["999999999", "no-number"]) {
    for (const [method, path] of [["POST", `${letters}/${id}/replay`], ["DELETE", `${letters}/${id}`]] as const) {
      cases.push([staff, method, path, 404], [buyer, method, path, 403], [nobody, method, path, 401]);
    }
  }
  for (const [who, method, path, status] of cases) expect([method, path, (await who.send(method, path)).status]).toEqual([method, path, status]);
});

test("the edge: every refusal is as described", async () => {
  expect((await buyer.send("POST", "/api/orders", { ticket_id: ticket }, { "Sec-Fetch-Site": "cross-site" })).status).toBe(403);
  expect((await buyer.send("POST", "/api/orders", { ticket_id: "x".repeat(1 << 20) })).status).toBe(413);
  expect((await buyer.send("PATCH", "/api/orders")).status).toBe(405);
  expect((await buyer.send("GET", "/api/nothing")).status).toBe(404);
});

afterAll(async () => {
  await buyer.send("POST", "/api/users/signout");
});
