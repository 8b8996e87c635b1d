import { lazy, Suspense } from "react";
import type { Order, Payment } from "../../api/client";
import { usePaymentSettings } from "../../api/payments";
import { useSpeech } from "../../i18n/provider";
import { Broken } from "../../parts/broken";
import { Loading } from "../../parts/loading";
import { Notice } from "../../parts/notice";
import { TestCards } from "./test-cards";

const StripeForm = lazy(() => import("./stripe-form"));

/** Takes a card in the way this system does: test cards, or Stripe's own form. */
export function Pay({ order, decline }: { order: Order; decline: Payment["decline"] }) {
  const { t } = useSpeech();
  const settings = usePaymentSettings(true);
  if (settings.isError) return <Broken error={settings.error} onRetry={() => void settings.refetch()} />;
  if (!settings.data) return <Loading />;
  switch (settings.data.mode) {
    case "test":
      return <TestCards order={order} decline={decline} />;
    case "stripe":
      return <Suspense fallback={<Loading />}><StripeForm order={order} publishableKey={settings.data.publishable_key ?? ""} /></Suspense>;
    case "none":
      return <Notice tone="bad">{t("payUnavailable")}</Notice>;
  }
}
