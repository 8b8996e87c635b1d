import { type FormEvent, useEffect, useRef, useState } from "react";
import type { Stripe, StripeElements } from "@stripe/stripe-js";
import { loadStripe } from "@stripe/stripe-js/pure";
import type { Order } from "../../api/client";
import { usePay } from "../../api/payments";
import { explain } from "../../i18n/explain";
import { useSpeech } from "../../i18n/provider";
import { formatMoney } from "../../money/money";
import { Button } from "../../parts/button";
import { Notice } from "../../parts/notice";

/** Stripe's own card form: the card's number never reaches us. The webhook tells the server what came of it. */
export default function StripeForm({ order, publishableKey }: { order: Order; publishableKey: string }) {
  const { t, locale, language } = useSpeech();
  const { mutateAsync: begin } = usePay(order.id);
  const place = useRef<HTMLDivElement>(null);
  const form = useRef<{ stripe: Stripe; elements: StripeElements }>(null);
  const [state, setState] = useState<"loading" | "ready" | "paying">("loading");
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    let shown = true;
    const open = async () => {
      const [payment, stripe] = await Promise.all([begin(undefined), loadStripe(publishableKey)]);
      if (!shown || !place.current || !stripe || !payment.client_secret) return;
      const elements = stripe.elements({ clientSecret: payment.client_secret, locale: language });
      elements.create("payment").mount(place.current);
      form.current = { stripe, elements };
      setState("ready");
    };
    open().catch((error: unknown) => shown && setProblem(explain(error, t, { 409: "notPayable" })));
    return () => {
      shown = false;
      form.current = null;
    };
  }, [begin, publishableKey, language, t]);

  const submit = async (e: FormEvent) => {
    e.preventDefault();
    if (!form.current || state !== "ready") return;
    setState("paying");
    const { stripe, elements } = form.current;
    const { error } = await stripe.confirmPayment({
      elements, redirect: "if_required", confirmParams: { return_url: globalThis.location.href },
    });
    if (error) {
      setProblem(error.message ?? t("declined"));
      setState("ready");
    }
  };
  return (
    <form className="pay-form" onSubmit={(e) => void submit(e)}>
      <h2>{t("payTitle")}</h2>
      <div ref={place} className="stripe-place" />
      {problem && <Notice tone="bad">{problem}</Notice>}
      <Button type="submit" wide disabled={state === "loading"} busy={state === "paying" && t("paying")}>
        {t("pay", { price: formatMoney(order.ticket.price, locale) })}
      </Button>
    </form>
  );
}
