import type { Order, Ticket } from "../api/client";
import { useSpeech } from "../i18n/provider";

/** What became of a ticket or an order, as a small label. */
export function Status({ of }: { of: Ticket["status"] | Order["status"] | "refunded" }) {
  const { t } = useSpeech();
  return <span className={`status ${of}`}>{t(`status_${of}`)}</span>;
}
