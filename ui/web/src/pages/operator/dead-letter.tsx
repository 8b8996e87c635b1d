import { useState } from "react";
import { type DeadLetter, useDecision } from "../../api/dead-letters";
import { explain } from "../../i18n/explain";
import { useSpeech } from "../../i18n/provider";
import { Button } from "../../parts/button";
import { Confirm } from "../../parts/confirm";
import { Notice } from "../../parts/notice";
import { formatMoment } from "../../when/format";

/** One event that could not be delivered, and what can be done about it. */
export function DeadLetterSheet({ letter }: { letter: DeadLetter }) {
  const { t, locale } = useSpeech();
  const [asking, setAsking] = useState(false);
  const decision = useDecision(letter.id);
  const under = decision.isPending && decision.variables;
  return (
    <article className="sheet" aria-labelledby={`letter-${letter.id}`}>
      <h3 id={`letter-${letter.id}`}>{letter.type}</h3>
      <dl className="facts small">
        <div><dt>{t("letterFor")}</dt><dd>{letter.for}</dd></div>
        <div><dt>{t("letterReason")}</dt><dd>{t("letterTries", { reason: letter.reason, count: String(letter.attempts) })}</dd></div>
        <div><dt>{t("letterAt")}</dt><dd>{formatMoment(letter.at, locale)}</dd></div>
        {letter.subject && <div><dt>{t("letterSubject")}</dt><dd className="number">{letter.subject}</dd></div>}
      </dl>
      {letter.answer && <figure className="answer"><figcaption>{t("letterAnswer")}</figcaption><pre>{letter.answer}</pre></figure>}
      {decision.isError && <Notice tone="bad">{explain(decision.error, t, { 404: "letterGone", 409: "letterUnwanted" })}</Notice>}
      <div className="choices">
        <Button busy={under === "replay" && t("letterReplaying")} onClick={() => decision.mutate("replay")}>{t("letterReplay")}</Button>
        <Button tone="quiet" onClick={() => setAsking(true)}>{t("letterDrop")}</Button>
      </div>
      {asking && (
        <Confirm
          title={t("letterDropTitle")} text={t("letterDropText", { function: letter.for })} yes={t("letterDrop")} no={t("letterKeep")} busy={under === "drop"}
          onNo={() => setAsking(false)} onYes={() => decision.mutate("drop", { onSettled: () => setAsking(false) })}
        />
      )}
    </article>
  );
}
