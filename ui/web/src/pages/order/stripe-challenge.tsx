import { useEffect, useState } from "react";
import { loadStripe } from "@stripe/stripe-js/pure";
import { explain } from "../../i18n/explain";
import { useSpeech } from "../../i18n/provider";
import { Notice } from "../../parts/notice";

/** Lets Stripe show the bank's question over this page. What came of it, the order says. */
export function StripeChallenge({ publishableKey, secret }: { publishableKey: string; secret: string }) {
  const { t } = useSpeech();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let shown = true;
    const ask = async () => {
      const stripe = await loadStripe(publishableKey);
      const result = await stripe?.handleNextAction({ clientSecret: secret });
      if (shown) setProblem(result?.error?.message);
    };
    ask().catch((error: unknown) => shown && setProblem(explain(error, t)));
    return () => {
      shown = false;
    };
  }, [publishableKey, secret, t]);
  return problem ? <Notice tone="bad">{problem}</Notice> : null;
}
