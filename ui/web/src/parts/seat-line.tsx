import type { Seat } from "../api/client";
import { useSpeech } from "../i18n/provider";

/** Where one sits, as far as the ticket says. */
export function SeatLine({ seat }: { seat: Seat }) {
  const { t } = useSpeech();
  const pieces = [
    seat.section && t("section", { section: seat.section }), seat.row && t("row", { row: seat.row }), seat.number && t("seat", { number: seat.number }),
  ].filter(Boolean);
  return <span className="seat">{pieces.join("\u00a0· ")}</span>;
}
