import { useId, useMemo } from "react";
import { useSpeech } from "../../i18n/provider";
import { currencies } from "../../money/amount";
import { zones } from "../../when/zoned";

interface Props {
  value: string;
  onChoice: (value: string) => void;
}

export function CurrencyChoice({ value, onChoice }: Props) {
  const { t, locale } = useSpeech();
  const names = useMemo(() => new Intl.DisplayNames(locale, { type: "currency" }), [locale]);
  const offered = currencies.some((c) => c === value) ? currencies : [value, ...currencies];
  return (
    <select name="currency" aria-label={t("currencyLabel")} value={value} onChange={(e) => onChoice(e.target.value)}>
      {offered.map((code) => <option key={code} value={code} title={names.of(code) ?? code}>{code}</option>)}
    </select>
  );
}

export function ZoneChoice({ value, onChoice, error }: Props & { error: string | undefined }) {
  const { t } = useSpeech();
  const id = useId();
  const all = useMemo(() => zones(), []);
  const offered = all.includes(value) ? all : [value, ...all];
  return (
    <div className={error ? "field wrong" : "field"}>
      <label htmlFor={id}>{t("zone")}</label>
      <div className="field-row">
        <select
          id={id} name="event.time_zone" value={value} onChange={(e) => onChoice(e.target.value)}
          aria-invalid={error ? true : undefined} aria-describedby={error && `${id}-error`}
        >
          {offered.map((zone) => <option key={zone} value={zone}>{zone.replaceAll("_", " ")}</option>)}
        </select>
      </div>
      {error && <p className="error" id={`${id}-error`}>{error}</p>}
    </div>
  );
}
