import type { enPages } from "./en-pages";

/**
 * What the first page and the frame around every page say, in English; the rest is in en-pages.ts, which comes with the
 * first page that needs it. {name} is filled in; {count} chooses between one and other.
 */
export const en = {
  skip: "Skip to the content", home: "Tickets", sell: "Sell", orders: "Orders", mine: "My tickets", account: "Account", operator: "Payments",
  signIn: "Sign in", signUp: "Sign up", signOut: "Sign out", signedInAs: "Signed in as {email}", language: "Language",
  mainMenu: "Main menu", apiReference: "API reference", footer: "A fair price, time to pay, and no charge unless the ticket is yours.",
  loading: "Loading…", retry: "Try again", loadMore: "Show more",

  heroTitle: "Someone’s plans changed. Their seat is yours.",
  heroText: "Tickets from people who cannot go, at the price they show. Yours alone while you pay.",
  searchLabel: "Search for an event, venue or city", searchPlaceholder: "Event, venue or city", search: "Search", clearSearch: "Clear the search",
  onSale: "On sale now", resultsFor: "Results for “{q}”",
  found: { one: "{count} ticket", other: "{count} tickets" }, foundMore: { one: "{count} ticket and more", other: "{count} tickets and more" },
  emptyTitle: "Nothing on sale right now", emptyText: "New tickets appear here the moment somebody lists one.", emptySell: "Sell a ticket",
  noResultsTitle: "Nothing found for “{q}”", noResultsText: "Try another word, or look at everything that is on sale.", showAll: "Show everything",
  filters: "Filters", clearFilters: "Clear filters", noMatchTitle: "Nothing matches these filters", sortLabel: "Sort by", sort_newest: "Newest first", sort_soonest: "Soonest event", sort_cheapest: "Lowest price",

  off: "−{percent}%", belowFace: "{percent}% below face value", faceValue: "Face value {price}", section: "Section {section}", row: "Row {row}", seat: "Seat {number}",
  price: "Price",

  failedTitle: "That did not work", offline: "The service cannot be reached. Please check your connection.", serverBusy: "The service is busy right now. Please try again in a moment.", serverFault: "Something went wrong on our side. Please try again.",
  holdLimit: "You have as many unpaid orders as one may have at once. Please pay or cancel one first.",
  tooMany: "Too many attempts. Please wait a moment and try again.",
  declinedFunds: "There is not enough money on this card’s account. Please try another one.",
};

type All = typeof en & typeof enPages;

/** A text, or one for each number that grammar tells apart. */
export type Key = keyof All;
export type Messages = { [K in Key]: All[K] extends string ? string : { one: string; other: string } };

/** What is known of English so far. */
export const english: Partial<Messages> = { ...en };
