import { expect, test } from "vitest";
import { eventually, listed, person } from "./browser";
import { fresh } from "./people";

const event = (name: string, more: object = {}) => ({ event: { name, starts_at: "2027-02-06T19:30:00Z", time_zone: "Europe/Vienna", ...more } });

test("what is typed is searched at once, and the address holds it", async () => {
  const name = `Operetta ${fresh()}`;
  await listed(event(name));
  const page = await person();
  await page.goto("/");
  const box = page.getByRole("searchbox");
  await box.pressSequentially(name.slice(0, -2), { delay: 20 });
  await page.getByRole("heading", { name: `Results for “${name.slice(0, -2)}”` }).waitFor();
  await page.getByRole("link", { name }).waitFor();
  expect(new URL(page.url()).searchParams.get("q")).toBe(name.slice(0, -2));
  expect(await box.evaluate((input) => input === document.activeElement)).toBe(true);
  await page.goBack();
  await eventually(() => box.inputValue(), "");
  await page.goForward();
  await page.getByRole("link", { name }).waitFor();
  await page.getByRole("button", { name: "Clear the search" }).click();
  await page.getByRole("heading", { name: "On sale now" }).waitFor();
});

test("filters and the order of the list are in the address, and survive a reload", async () => {
  const [name, city] = [`Revue ${fresh()}`, `Linz ${fresh()}`];
  await listed({ ...event(name, { city }), title: "Dear", price: { amount: 9000, currency: "EUR" } });
  await listed({ ...event(name, { city }), title: "Cheap", price: { amount: 2000, currency: "EUR" } });
  await listed({ ...event(name, { city: "Graz" }), title: "Elsewhere", price: { amount: 1000, currency: "EUR" } });
  const page = await person();
  await page.goto(`/?q=${encodeURIComponent(name)}`);
  await eventually(() => page.getByRole("link", { name }).count(), 3);
  await page.getByRole("button", { name: "Filters" }).click();
  await page.getByLabel("City", { exact: true }).fill(city);
  await eventually(() => page.getByRole("link", { name }).count(), 2);
  await page.getByLabel("Sort by").selectOption("Lowest price");
  await eventually(() => page.locator(".stub-title").allTextContents(), ["Cheap", "Dear"]);
  await page.getByLabel("Currency", { exact: true }).selectOption("EUR");
  await page.getByLabel("Price to").fill("50");
  await eventually(() => page.locator(".stub-title").allTextContents(), ["Cheap"]);
  await page.reload();
  await eventually(() => page.locator(".stub-title").allTextContents(), ["Cheap"]);
  expect(await page.getByLabel("City", { exact: true }).inputValue()).toBe(city);
  await page.getByLabel("From", { exact: true }).fill("2027-03-01");
  await page.getByRole("heading", { name: `Nothing found for “${name}”` }).waitFor();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await eventually(() => page.getByRole("link", { name }).count(), 3);
});

test("a price is one in some currency, and the filters say in which", async () => {
  const page = await person();
  await page.goto("/");
  await page.getByRole("button", { name: "Filters" }).click();
  const currency = page.getByLabel("Currency", { exact: true });
  const clear = page.getByRole("button", { name: "Clear filters" });
  expect(await currency.inputValue()).toBe("");
  await page.getByLabel("Price to").fill("50");
  await eventually(() => currency.inputValue(), "USD");
  await currency.selectOption("EUR");
  await page.waitForURL("**/?currency=EUR&max=50");
  await clear.click();
  await eventually(() => currency.inputValue(), "");
  expect(await clear.evaluate((button) => button === document.activeElement)).toBe(true);
});

test("a search that makes no sense shows what there is", async () => {
  const page = await person();
  await page.goto("/?sort=worst&from=tomorrow&min=-4&currency=x&cursor=abc");
  await page.getByRole("heading", { name: "On sale now" }).waitFor();
});
