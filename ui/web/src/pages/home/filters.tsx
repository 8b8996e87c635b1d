import "../../i18n/en-pages";
import { useId } from "react";
import { useSpeech } from "../../i18n/provider";
import { currencies } from "../../money/amount";
import { Button } from "../../parts/button";
import { Field } from "../../parts/field";
import { currencyOf, filtersOf, noWish, type Wish } from "./wish";

/** What narrows the list down: where, when, and for how much. It takes effect as it is set. */
export default function Filters({ wish, onWish }: { wish: Wish; onWish: (wish: Wish) => void }) {
  const { t } = useSpeech();
  const id = useId();
  const set = (name: keyof Wish) => (value: string) => onWish({ ...wish, [name]: value });
  const priced = Boolean(wish.min || wish.max); // a price is one in some currency
  const price = (name: "min" | "max") => ({ name, type: "number", inputMode: "decimal", min: 0, step: "any", value: wish[name], onText: set(name) } as const);
  return (
    <div className="filters" role="group" aria-label={t("filters")}>
      <Field name="city" label={t("city")} value={wish.city} maxLength={200} autoComplete="off" onText={set("city")} />
      <Field name="from" label={t("fromDay")} type="date" value={wish.from} onText={set("from")} />
      <Field name="to" label={t("toDay")} type="date" value={wish.to} onText={set("to")} />
      <Field {...price("min")} label={t("minPrice")} />
      <Field {...price("max")} label={t("maxPrice")} />
      <div className="field">
        <label htmlFor={id}>{t("currencyLabel")}</label>
        <div className="field-row">
          <select id={id} name="currency" value={currencyOf(wish)} onChange={(e) => set("currency")(e.target.value)}>
            <option value="" disabled={priced}>{t("anyCurrency")}</option>
            {currencies.map((code) => <option key={code} value={code}>{code}</option>)}
          </select>
        </div>
      </div>
      <Button tone="quiet" disabled={filtersOf(wish) === 0} onClick={() => onWish({ ...noWish, q: wish.q, sort: wish.sort })}>{t("clearFilters")}</Button>
    </div>
  );
}
