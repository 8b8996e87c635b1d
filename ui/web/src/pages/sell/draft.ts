import type { Ticket, TicketTerms } from "../../api/client";
import type { Key } from "../../i18n/en";
import { editableMoney, parseAmount } from "../../money/amount";
import { knownZone, ownZone } from "../../when/zone";
import { toLocal, toUTC } from "../../when/zoned";

/** What a seller has typed so far. Field names are the API's, so that what it says is wrong finds its place. */
export interface Draft {
  title: string;
  price: string;
  currency: string;
  face_value: string;
  "event.name": string;
  "event.venue": string;
  "event.city": string;
  "event.starts_at": string;
  "event.time_zone": string;
  "seat.section": string;
  "seat.row": string;
  "seat.number": string;
}

export type DraftField = keyof Draft;

export function emptyDraft(): Draft {
  return {
    title: "", price: "", currency: "USD", face_value: "", "event.name": "", "event.venue": "", "event.city": "", "event.starts_at": "",
    "event.time_zone": ownZone(), "seat.section": "", "seat.row": "", "seat.number": "",
  };
}

/** What a seller would have typed for this ticket. */
export function draftOf(ticket: Ticket, locale: string): Draft {
  const { event, seat } = ticket;
  const zone = event ? knownZone(event.time_zone) : ownZone();
  return {
    title: ticket.title, price: editableMoney(ticket.price, locale), currency: ticket.price.currency,
    face_value: ticket.face_value ? editableMoney(ticket.face_value, locale) : "",
    "event.name": event?.name ?? "", "event.venue": event?.venue ?? "", "event.city": event?.city ?? "",
    "event.starts_at": event ? toLocal(event.starts_at, zone) : "", "event.time_zone": zone,
    "seat.section": seat?.section ?? "", "seat.row": seat?.row ?? "", "seat.number": seat?.number ?? "",
  };
}

type Faults = Partial<Record<DraftField, Key>>;

/** What the API is told, or what is wrong by field. now is in milliseconds since 1970. */
export function termsOf(draft: Draft, locale: string, now: number): { terms: TicketTerms } | { faults: Faults } {
  const faults: Faults = {};
  const said = (field: DraftField) => draft[field].trim();
  const price = parseAmount(draft.price, draft.currency, locale);
  if (typeof price === "string") faults.price = price;
  const face = said("face_value") === "" ? undefined : parseAmount(draft.face_value, draft.currency, locale);
  if (typeof face === "string") faults.face_value = face;
  if (said("title") === "") faults.title = "required";
  const event = eventOf(draft, now, faults);
  const seat = { section: said("seat.section"), row: said("seat.row"), number: said("seat.number") };
  if (Object.keys(faults).length > 0 || typeof price === "string" || typeof face === "string") return { faults };
  return {
    terms: {
      title: said("title"), price, ...(face && { face_value: face }), ...(event && { event }),
      ...(Object.values(seat).some(Boolean) && { seat }),
    },
  };
}

/** The event, if anything is said of one: then its name and its start belong to it. */
function eventOf(draft: Draft, now: number, faults: Faults): TicketTerms["event"] {
  const [name, venue, city, local] = [draft["event.name"].trim(), draft["event.venue"].trim(), draft["event.city"].trim(), draft["event.starts_at"]];
  if (!name && !venue && !city && !local) return undefined;
  if (!name) faults["event.name"] = "required";
  const starts_at = toUTC(local, draft["event.time_zone"]);
  if (!starts_at) faults["event.starts_at"] = "startMissing";
  else if (Date.parse(starts_at) <= now) faults["event.starts_at"] = "startPast";
  return { name, venue, city, starts_at: starts_at ?? "", time_zone: draft["event.time_zone"] };
}
