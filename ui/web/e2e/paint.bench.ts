import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { test } from "vitest";
import { listed, person } from "./browser";

/** How often each page is opened, by a browser that has never been here. */
const visits = 7;

/** How long a page is watched after it has shown what it is for, in milliseconds: what comes late shifts too. */
const watch = 1000;

declare global {
  var shifted: number;
}

/** Opens a page, and says when something was painted first (ms), how much it shifted after that, and which scripts it took. */
async function open(path: string, content: string): Promise<{ paint: number; shift: number; scripts: string[] }> {
  const page = await person({ viewport: { width: 390, height: 844 } });
  await page.addInitScript(() => {
    globalThis.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) globalThis.shifted += (entry as PerformanceEntry & { value: number }).value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(path);
  await page.locator(content).first().waitFor();
  await page.waitForTimeout(watch);
  const seen = await page.evaluate(() => ({
    paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
    shift: globalThis.shifted,
    scripts: performance.getEntriesByType("resource").map((entry) => entry.name).filter((name) => name.endsWith(".js")),
  }));
  await close(page);
  return seen;
}

async function close(page: Page): Promise<void> {
  await page.goto("about:blank");
  await page.close();
}

async function kilobytes(scripts: string[]): Promise<number> {
  const bodies = await Promise.all(scripts.map(async (address) => (await fetch(address)).text()));
  return bodies.reduce((sum, body) => sum + gzipSync(body, { level: 9 }).length, 0) / 1000;
}

// Printed as go test -bench prints, which make bench reads.
test("what a first visit takes", { timeout: 180_000 }, async () => {
  const event = { name: "Opera night", venue: "Grand Hall", city: "Vienna", starts_at: "2027-02-06T19:30:00Z", time_zone: "Europe/Vienna" };
  const tickets = [];
  for (let i = 0; i < 12; i++) tickets.push(await listed({ event, face_value: { amount: 9900, currency: "USD" } }));
  const pages = { FirstPage: ["/", ".stub"], TicketPage: [`/tickets/${tickets[0]?.id}`, ".buy-box"] } as const;
  for (const [name, [path, content]] of Object.entries(pages)) {
    for (let visit = 0; visit < visits; visit++) {
      const { paint, shift, scripts } = await open(path, content);
      process.stdout.write(`\nBenchmarkWeb/${name} 1 ${paint.toFixed(0)} fcp-ms ${shift.toFixed(4)} shift ${(await kilobytes(scripts)).toFixed(1)} JS-KB\n`);
    }
  }
});
