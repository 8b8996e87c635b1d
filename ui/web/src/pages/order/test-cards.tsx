import { type FormEvent, useState } from "react";
import type { Order, Payment } from "../../api/client";
import { usePay } from "../../api/payments";
import { Refusal } from "../../api/refusal";
import type { Key } from "../../i18n/en";
import { explain } from "../../i18n/explain";
import { useSpeech } from "../../i18n/provider";
import { formatMoney } from "../../money/money";
import { Button } from "../../parts/button";
import { Notice } from "../../parts/notice";

/** Stripe's test payment methods, by what they show. */
const cards: { method: string; label: Key; hint: Key; number: string }[] = [
  { method: "pm_card_visa", label: "card_visa", hint: "card_visaHint", number: "4242" },
  { method: "pm_card_mastercard", label: "card_mastercard", hint: "card_mastercardHint", number: "4444" },
  { method: "pm_card_threeDSecure2Required", label: "card_secure", hint: "card_secureHint", number: "3220" },
  { method: "pm_card_chargeDeclined", label: "card_declined", hint: "card_declinedHint", number: "0002" },
  { method: "pm_card_chargeDeclinedInsufficientFunds", label: "card_funds", hint: "card_fundsHint", number: "9995" },
];

/** Pays with a card that behaves as chosen: no real money moves. */
export function TestCards({ order, decline }: { order: Order; decline: Payment["decline"] }) {
  const { t, locale } = useSpeech();
  const [method, setMethod] = useState("pm_card_visa");
  const pay = usePay(order.id);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (!pay.isPending) pay.mutate(method);
  };
  // After a reload the payment itself remembers why the last card was refused.
  const refusal = pay.error ?? (decline && pay.isIdle ? new Refusal(402, [{ message: decline.message, code: decline.decline_code ?? decline.code }]) : null);
  return (
    <form className="pay-form" onSubmit={submit}>
      <h2>{t("payTitle")}</h2>
      <Notice tone="test">{t("testMode")}</Notice>
      <fieldset className="cards" aria-describedby={refusal ? "card-error" : undefined}>
        <legend>{t("testCard")}</legend>
        {cards.map((card) => (
          <label key={card.method} className="card">
            <input type="radio" name="card" value={card.method} checked={method === card.method} onChange={() => setMethod(card.method)} />
            <span className="card-face">
              <span className="card-name">{t(card.label)}</span>
              <span className="card-hint">{t(card.hint)}</span>
            </span>
            <span className="card-number" aria-hidden="true">•••• {card.number}</span>
          </label>
        ))}
      </fieldset>
      {refusal && <div id="card-error"><Notice tone="bad">{explain(refusal, t, { 402: "declined", 409: "notPayable" })}</Notice></div>}
      <Button type="submit" wide busy={pay.isPending && t("paying")}>{t("pay", { price: formatMoney(order.ticket.price, locale) })}</Button>
    </form>
  );
}
