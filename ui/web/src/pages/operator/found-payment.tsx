import { useState } from "react";
import type { Payment } from "../../api/client";
import { useRefund } from "../../api/payments";
import { explain } from "../../i18n/explain";
import { useSpeech } from "../../i18n/provider";
import { formatMoney } from "../../money/money";
import { Button } from "../../parts/button";
import { Confirm } from "../../parts/confirm";
import { Notice } from "../../parts/notice";
import { formatMoment } from "../../when/format";

/** A payment as an operator sees it. Only what was captured can be given back. */
export function FoundPayment({ payment }: { payment: Payment }) {
  const { t, locale } = useSpeech();
  const [asking, setAsking] = useState(false);
  const refund = useRefund();
  const amount = formatMoney(payment.amount, locale);
  return (
    <section className="sheet found-payment" aria-label={t("payTitle")}>
      <dl className="facts small">
        <div><dt>{t("price")}</dt><dd>{amount}</dd></div>
        <div><dt>{t("payTitle")}</dt><dd role="status">{t(`payment_${payment.status}`)}</dd></div>
        {payment.created_at && <div><dt>{t("paymentBegun")}</dt><dd>{formatMoment(payment.created_at, locale)}</dd></div>}
        <div><dt>{t("orderNumber")}</dt><dd className="number">{payment.order_id}</dd></div>
      </dl>
      {payment.disputed && <Notice tone="bad">{t("paymentDisputed")}</Notice>}
      {refund.isError && <Notice tone="bad">{explain(refund.error, t)}</Notice>}
      {payment.status === "captured" && <Button tone="danger" onClick={() => setAsking(true)}>{t("refund", { price: amount })}</Button>}
      {asking && (
        <Confirm
          title={t("refundTitle", { price: amount })} text={t("refundText")} yes={t("refund", { price: amount })} no={t("keepPayment")} busy={refund.isPending}
          onNo={() => setAsking(false)} onYes={() => refund.mutate(payment.order_id, { onSettled: () => setAsking(false) })}
        />
      )}
    </section>
  );
}
