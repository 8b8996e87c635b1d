import { digitsOf } from "../../money/money";

/** What somebody looks for, as the address of the page holds it. Empty texts are wishes that nobody has. */
export interface Wish {
  q: string;
  city: string;
  /** The first and the last day, such as 2026-12-24, by the reader's calendar. */
  from: string;
  to: string;
  currency: string;
  /** Prices as decimals in that currency, such as 42 or 42.5. */
  min: string;
  max: string;
  sort: Sort;
}

export const sorts = ["newest", "soonest", "cheapest"] as const;
export type Sort = (typeof sorts)[number];

/** The currency of prices where the address names none. */
const usual = "USD";

/** The most words and characters that the API takes. */
const mostWords = 8;
const longest = { q: 100, city: 200 };

export const noWish: Wish = { q: "", city: "", from: "", to: "", currency: "", min: "", max: "", sort: "newest" };

/** Reads a wish from the address. What makes no sense in it is passed over, and what is the wrong way round is turned. */
export function readWish(params: URLSearchParams): Wish {
  const said = (name: keyof Wish) => params.get(name)?.trim() ?? "";
  const matching = (name: keyof Wish, pattern: RegExp) => (pattern.test(said(name)) ? said(name) : "");
  const day = (name: "from" | "to") => (startOf(said(name)) ? said(name) : "");
  const wish = {
    q: said("q").slice(0, longest.q), city: said("city").slice(0, longest.city), from: day("from"), to: day("to"),
    currency: matching("currency", /^[A-Z]{3}$/), min: matching("min", price), max: matching("max", price), sort: sorts.find((s) => s === said("sort")) ?? "newest",
  };
  if (wish.from && wish.to && wish.from > wish.to) [wish.from, wish.to] = [wish.to, wish.from];
  if (wish.min && wish.max && Number(wish.min) > Number(wish.max)) [wish.min, wish.max] = [wish.max, wish.min];
  return wish;
}

const price = /^\d{1,7}(\.\d{1,2})?$/;

/** The address of the page for a wish: only what differs from no wish at all. */
export function addressOf(wish: Wish): string {
  const said = Object.entries(wish).filter(([name, value]) => value !== noWish[name as keyof Wish]);
  return said.length > 0 ? `/?${new URLSearchParams(said as [string, string][])}` : "/";
}

/** How many filters are set, the words aside. */
export function filtersOf(wish: Wish): number {
  return [wish.city, wish.from || wish.to, wish.min || wish.max, wish.currency].filter(Boolean).length;
}

/** The currency of the tickets that are wished for; any, where that is empty. */
export function currencyOf(wish: Wish): string {
  return wish.currency || (wish.min || wish.max ? usual : "");
}

/** The wish as the API takes it. */
export function queryOf(wish: Wish) {
  const q = wish.q.split(/\s+/u).slice(0, mostWords).join(" ");
  const currency = currencyOf(wish);
  const minor = (decimal: string) => Math.round(Number(decimal) * 10 ** digitsOf(currency));
  const [from, to] = [startOf(wish.from), startOf(wish.to, 1)];
  return {
    ...(q && { q }), ...(wish.city && { city: wish.city }), ...(from && { from }), ...(to && { to }), ...(currency && { currency }),
    ...(wish.min && { min_price: minor(wish.min) }), ...(wish.max && { max_price: minor(wish.max) }),
    ...(wish.sort !== "newest" && { sort: wish.sort }),
  };
}

/** When a day of the reader's calendar begins, or so many days later; undefined where it is no day. */
function startOf(text: string, later = 0): string | undefined {
  const [, year, month, day] = (/^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const there = new Date(year, month - 1, day);
  if (there.getMonth() !== month - 1 || year < 1970) return undefined;
  return `${new Date(year, month - 1, day + later).toISOString().slice(0, 19)}Z`;
}
