import type { enPages } from "./en-pages";

/**
 * What the first page and the frame around every page say, in English; the rest is in en-pages.ts, which comes with the
 * first page that needs it. {name} is filled in; {count} chooses between one and other.
 */
export const en = {
  skip: "Skip to the content", home: "Tickets", sell: "Sell", orders: "Orders", mine: "My tickets", account: "Account", operator: "Operator",
  signIn: "Sign in", signUp: "Sign up", language: "Language",
  mainMenu: "Main menu", apiReference: "API reference", footer: "A fair price, time to pay, and no charge unless the ticket is yours.",
  loading: "Loading…", retry: "Try again", loadMore: "Show more",

  heroTitle: "Someone’s plans changed. Their seat is yours.",
  heroText: "Tickets from people who cannot go, at the price they show. Yours alone while you pay.",
  searchLabel: "Search for an event, venue or city", searchPlaceholder: "Event, venue or city", search: "Search", clearSearch: "Clear the search",
  onSale: "On sale now", resultsFor: "Results for “{q}”",
  found: { one: "{count} ticket", other: "{count} tickets" }, foundMore: { one: "{count} ticket and more", other: "{count} tickets and more" },
  filters: "Filters", sortLabel: "Sort by", sort_newest: "Newest first", sort_soonest: "Soonest event", sort_cheapest: "Lowest price",

  off: "−{percent}%", belowFace: "{percent}% below face value", section: "Section\u00a0{section}", row: "Row\u00a0{row}", seat: "Seat\u00a0{number}",
  price: "Price",

  failedTitle: "That did not work", offline: "The service cannot be reached. Please check your connection.", serverBusy: "The service is busy right now. Please try again in a moment.", serverFault: "Something went wrong on our side. Please try again.",
  tooMany: "Too many attempts. Please wait a moment and try again.",
};

type All = typeof en & typeof enPages;

/** A text, or one for each number that grammar tells apart. */
export type Key = keyof All;
export type Messages = { [K in Key]: All[K] extends string ? string : { one: string; other: string } };

/** What is known of English so far. */
export const english: Partial<Messages> = { ...en };
