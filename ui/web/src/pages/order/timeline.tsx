import type { Happening } from "../../api/client";
import { useSpeech } from "../../i18n/provider";
import { formatMoment } from "../../when/format";

/** What happened to an order, oldest first. */
export function Timeline({ happenings }: { happenings: Happening[] }) {
  const { t, locale } = useSpeech();
  return (
    <section aria-labelledby="timeline-title">
      <h2 id="timeline-title" className="timeline-title">{t("timeline")}</h2>
      <ol className="timeline">
        {happenings.map(({ what, at }) => (
          <li key={what} className={what}>
            <strong>{t(`happened_${what}`)}</strong>
            <time dateTime={at}>{formatMoment(at, locale)}</time>
          </li>
        ))}
      </ol>
    </section>
  );
}
