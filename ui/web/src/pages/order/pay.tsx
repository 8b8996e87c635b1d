import { lazy, Suspense } from "react";
import type { Order, Payment } from "../../api/client";
import { usePaymentConfig } from "../../api/payments";
import { Broken } from "../../parts/broken";
import { Loading } from "../../parts/loading";
import { TestCards } from "./test-cards";

const StripeForm = lazy(() => import("./stripe-form"));

/** Takes a card in the way this system does: test cards, or Stripe's own form. */
export function Pay({ order, decline }: { order: Order; decline: Payment["decline"] }) {
  const config = usePaymentConfig();
  if (config.isError && !config.data) return <Broken error={config.error} onRetry={() => void config.refetch()} />;
  if (!config.data) return <Loading />;
  if (config.data.test_double) return <TestCards order={order} decline={decline} />;
  return <Suspense fallback={<Loading />}><StripeForm order={order} publishableKey={config.data.publishable_key} /></Suspense>;
}
