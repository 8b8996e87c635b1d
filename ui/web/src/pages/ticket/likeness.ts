import type { Ticket } from "../../api/client";

/** The most words and characters that a search takes. */
const mostWords = 8;
const mostCharacters = 100;

/** What to search for to find tickets like this one: its event, or its title where it has none. */
export function likeness(ticket: Pick<Ticket, "title" | "event">): string {
  const words = (ticket.event?.name ?? ticket.title).split(/\s+/u).filter(Boolean).slice(0, mostWords);
  while (words.length > 1 && [...words.join(" ")].length > mostCharacters) words.pop();
  return [...words.join(" ")].slice(0, mostCharacters).join("");
}
