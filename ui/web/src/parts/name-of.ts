import type { Order } from "../api/client";

/** What a ticket is for, in one line: its event, and its own title where that says more. */
export function nameOf({ event, title }: Order["ticket"]): string {
  return event && event.name !== title ? `${event.name} · ${title}` : title;
}
