import "./sell.css";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import type { TicketTerms } from "../../api/client";
import { serverClock } from "../../clock/server-clock";
import { byField } from "../../i18n/by-field";
import { explain, type Meanings } from "../../i18n/explain";
import { useSpeech } from "../../i18n/provider";
import { Button } from "../../parts/button";
import { Field } from "../../parts/field";
import { Notice } from "../../parts/notice";
import { useFaults } from "../../parts/use-faults";
import { type Draft, type DraftField, termsOf } from "./draft";
import { CurrencyChoice, ZoneChoice } from "./choices";

interface Props {
  first: Draft;
  labels: { submit: string; busy: string };
  busy: boolean;
  meanings?: Meanings;
  /** Is told what is typed so far. */
  onDraft?: (draft: Draft) => void;
  onTerms: (terms: TicketTerms, failed: (error: unknown) => void) => void;
  /** More fields, before the button. */
  more?: ReactNode;
  children?: ReactNode;
}

/** What a seller says about a ticket. */
export function TicketForm({ first, labels, busy, meanings, onDraft, onTerms, more, children }: Props) {
  const { t, locale } = useSpeech();
  const [draft, setDraft] = useState(first);
  useEffect(() => onDraft?.(draft), [draft, onDraft]);
  const { form, faults, show, clear } = useFaults();
  const set = (field: DraftField) => (text: string) => {
    setDraft((now) => ({ ...now, [field]: text }));
    clear(field);
  };
  const failed = (error: unknown) => {
    const { fields, rest } = byField(error, Object.keys(draft));
    const whole = Object.keys(fields).length === 0 || rest.length > 0 ? explain(error, t, meanings) : undefined;
    show({ fields, whole });
  };
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (busy) return;
    const read = termsOf(draft, locale, serverClock.now());
    if ("faults" in read) {
      show({ fields: Object.fromEntries(Object.entries(read.faults).map(([field, key]) => [field, t(key)])) });
      return;
    }
    show({ fields: {} });
    onTerms(read.terms, failed);
  };
  const field = (name: DraftField) => ({ name, value: draft[name], error: faults.fields[name], onText: set(name) });
  return (
    <form ref={form} className="sheet ticket-form" onSubmit={submit} noValidate>
      {faults.whole && <Notice tone="bad">{faults.whole}</Notice>}
      <Field {...field("title")} label={t("titleLabel")} hint={t("titleHint")} maxLength={200} autoComplete="off" />
      <div className="pair">
        <Field
          {...field("price")} label={t("priceLabel")} inputMode="decimal" autoComplete="off"
          after={<CurrencyChoice value={draft.currency} onChoice={set("currency")} />}
        />
        <Field {...field("face_value")} label={t("faceLabel")} hint={t("faceHint")} optional inputMode="decimal" autoComplete="off" />
      </div>
      <fieldset>
        <legend>{t("aboutEvent")} <span className="optional">({t("optional")})</span></legend>
        <Field {...field("event.name")} label={t("eventName")} maxLength={200} autoComplete="off" />
        <div className="pair">
          <Field {...field("event.venue")} label={t("venue")} maxLength={200} autoComplete="off" />
          <Field {...field("event.city")} label={t("city")} maxLength={200} autoComplete="off" />
        </div>
        <div className="pair">
          <Field {...field("event.starts_at")} label={t("starts")} type="datetime-local" />
          <ZoneChoice value={draft["event.time_zone"]} onChoice={set("event.time_zone")} error={faults.fields["event.time_zone"]} />
        </div>
      </fieldset>
      <fieldset>
        <legend>{t("aboutSeat")} <span className="optional">({t("optional")})</span></legend>
        <div className="triple">
          <Field {...field("seat.section")} label={t("sectionLabel")} maxLength={40} autoComplete="off" />
          <Field {...field("seat.row")} label={t("rowLabel")} maxLength={40} autoComplete="off" />
          <Field {...field("seat.number")} label={t("numberLabel")} maxLength={40} autoComplete="off" />
        </div>
      </fieldset>
      {more}
      <Button type="submit" wide busy={busy && labels.busy}>{labels.submit}</Button>
      {children}
    </form>
  );
}
