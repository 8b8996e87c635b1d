import type { Seat } from "../api/client";
import { useSpeech } from "../i18n/provider";

/** A section that is called by a word, such as Balcony, says itself that it is one; 112 and B do not. */
const named = /\p{L}{3}/u;

/** Where one sits, as far as the ticket says. */
export function SeatLine({ seat }: { seat: Seat }) {
  const { t } = useSpeech();
  const { section } = seat;
  const pieces = [
    section && (named.test(section) ? section : t("section", { section })), seat.row && t("row", { row: seat.row }), seat.number && t("seat", { number: seat.number }),
  ].filter(Boolean);
  return <span className="seat">{pieces.join("\u00a0· ")}</span>;
}
