import type { Ticket } from "../../api/client";
import { useSimilar } from "../../api/tickets";
import { useSpeech } from "../../i18n/provider";
import { Price } from "../../parts/price";
import { Stub } from "../../parts/stub";
import { likeness } from "./likeness";

/** What else can be bought for the same event, where this ticket cannot. */
export function Similar({ ticket }: { ticket: Ticket }) {
  const { t } = useSpeech();
  const found = useSimilar(likeness(ticket));
  const others = found.data?.items.filter((other) => other.id !== ticket.id).slice(0, 3) ?? [];
  if (others.length === 0) return null;
  return (
    <section className="similar" aria-label={t("similar")}>
      <div className="section-head"><h2>{t("similar")}</h2></div>
      <ul className="grid">
        {others.map((other) => (
          <li key={other.id}>
            <Stub
              href={`/tickets/${other.id}`} title={other.title} event={other.event} seat={other.seat} foot={<Price price={other.price} face={other.face_value} />}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
