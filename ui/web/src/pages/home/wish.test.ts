import { describe, expect, test } from "vitest";
import { addressOf, filtersOf, noWish, queryOf, readWish } from "./wish";

const read = (query: string) => readWish(new URLSearchParams(query));

test.each(["", "q=winter+light", "city=Malm%C3%B6&from=2026-12-24&to=2026-12-31&sort=soonest", "q=a&currency=EUR&min=10&max=42.5&sort=cheapest"])(
  "the address holds the whole wish: %s", (query) => {
    expect(addressOf(read(query))).toBe(query ? `/?${query}` : "/");
  },
);

describe("what makes no sense in an address is passed over", () => {
  test.each(["sort=worst", "from=tomorrow", "from=2026-02-31", "to=0001-01-01", "min=-1", "max=1e9", "max=1.234", "currency=usd", "page=3", "q=++"])("%s", (query) => {
    expect(read(query)).toEqual(noWish);
  });
});

test("what is the wrong way round is turned", () => {
  expect(read("from=2026-12-31&to=2026-12-24&min=9&max=10")).toMatchObject({ from: "2026-12-24", to: "2026-12-31", min: "9", max: "10" });
  expect(read("min=100&max=20")).toMatchObject({ min: "20", max: "100" });
});

test("filters are counted, words and order are not", () => {
  expect(filtersOf(read("q=a&sort=soonest"))).toBe(0);
  expect(filtersOf(read("city=Bonn&from=2026-12-24&to=2026-12-31&max=20"))).toBe(3);
});

describe("the API is asked for", () => {
  test.each([
    ["", {}],
    ["q=a+b+c+d+e+f+g+h+i+j", { q: "a b c d e f g h" }],
    ["max=42.5", { currency: "USD", max_price: 4250 }],
    ["min=1000&currency=JPY", { currency: "JPY", min_price: 1000 }],
    ["sort=cheapest", { sort: "cheapest" }],
  ])("%s", (query, wanted) => {
    expect(queryOf(read(query))).toEqual(wanted);
  });

  test("days from their beginning to the beginning of the day after the last", () => {
    const iso = (...at: [number, number, number]) => new Date(...at).toISOString().replace(".000", "");
    expect(queryOf(read("from=2026-12-24&to=2026-12-31"))).toEqual({ from: iso(2026, 11, 24), to: iso(2027, 0, 1) });
  });
});
