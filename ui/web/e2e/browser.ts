import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { breach } from "./contract";
import { fresh, newEmail, password, url } from "./people";

/** Where Debian and others put Chromium; CHROMIUM names another. */
const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

let browser: Browser;
const open: BrowserContext[] = [];
let complaints: string[] = [];
let checks: Promise<void>[] = [];

/** What a browser may complain of: refusals that a test provokes are answers, not faults. */
const expected = /status of (400|401|402|403|404|409|412)|net::ERR_(FAILED|INTERNET_DISCONNECTED)/;

beforeAll(async () => {
  browser = await chromium.launch({ executablePath, args: flags });
});

afterAll(async () => {
  await browser.close();
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((c) => c.close()));
  await Promise.all(checks);
  checks = [];
  const found = complaints;
  complaints = [];
  // Every test also shows that no script fails and that the content security policy fits.
  expect(found).toEqual([]);
});

/** A person with a browser of their own. */
export async function person(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ baseURL: url, locale: "en-US", viewport: { width: 1280, height: 900 }, ...options });
  open.push(context);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !expected.test(message.text())) complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    if (!response.url().startsWith(`${url}/api/`) || pathname === "/api/docs" || pathname === "/api/openapi.json") return;
    checks.push(
      response.text().catch(() => undefined).then((body) => { // a page that was left takes its answers' bodies with it
        const kind = response.headers()["content-type"] ?? "";
        const wrong = body !== undefined && breach(response.request().method(), pathname, response.status(), kind, body);
        if (wrong) complaints.push(wrong);
      }),
    );
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:") && !request.url().includes("/_double/")) {
      complaints.push(`asked somebody else: ${request.url()}`);
    }
  });
  return page;
}

/** Opens an account through the API, in this person's browser. */
export async function signUp(page: Page): Promise<string> {
  const email = newEmail();
  const response = await page.request.post("/api/users/signup", { data: { email, password } });
  expect(response.status()).toBe(201);
  return email;
}

export interface Listed {
  id: string;
  title: string;
}

/** Somebody else puts a ticket up for sale. */
export async function listed(terms: Record<string, unknown> = {}): Promise<Listed> {
  const seller = await person();
  await signUp(seller);
  const title = `Seat ${fresh()}`;
  const response = await seller.request.post("/api/tickets", { data: { title, price: { amount: 4200, currency: "USD" }, ...terms } });
  expect(response.status()).toBe(201);
  const { id } = (await response.json()) as { id: string };
  return { id, title };
}

/** Waits until look gives what is wanted. */
export async function eventually<T>(look: () => Promise<T>, wanted: T, patience = 10_000): Promise<void> {
  await expect.poll(look, { timeout: patience, interval: 50 }).toEqual(wanted);
}
