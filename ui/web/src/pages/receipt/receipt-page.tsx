import "../../i18n/en-pages";
import "./receipt.css";
import { Link } from "wouter";
import type { Receipt } from "../../api/client";
import { useReceipt } from "../../api/orders";
import { isStatus } from "../../api/refusal";
import { useSpeech } from "../../i18n/provider";
import { formatMoney } from "../../money/money";
import { BrokenPage } from "../../parts/broken-page";
import { Button } from "../../parts/button";
import { Empty } from "../../parts/empty";
import { Loading } from "../../parts/loading";
import { nameOf } from "../../parts/name-of";
import { SeatLine } from "../../parts/seat-line";
import { Title } from "../../parts/title";
import { formatMoment, formatStart } from "../../when/format";

/** What was paid, by whom and for what: to be printed, or saved as a PDF, by the browser. */
export default function ReceiptPage({ id }: { id: string }) {
  const { t } = useSpeech();
  const receipt = useReceipt(id);
  if (isStatus(receipt.error, 404) || isStatus(receipt.error, 409)) {
    const gone = isStatus(receipt.error, 404);
    return (
      <div className="page">
        <Title unseen>{t("receipt")}</Title>
        <Empty shape="bag" title={t(gone ? "orderGone" : "noReceipt")} text={t(gone ? "notFoundText" : "noReceiptText")}>
          <Link href={gone ? "/orders" : `/orders/${id}`} className="button">{t(gone ? "orders" : "goToOrder")}</Link>
        </Empty>
      </div>
    );
  }
  if (receipt.isError && !receipt.data) return <BrokenPage error={receipt.error} onRetry={() => void receipt.refetch()} />;
  if (!receipt.data) return <Loading />;
  return (
    <div className="page narrow receipt-page">
      <Link href={`/orders/${id}`} className="back">← {t("orderTitle")}</Link>
      <Title>{t("receipt")}</Title>
      <Sheet receipt={receipt.data} />
    </div>
  );
}

function Sheet({ receipt }: { receipt: Receipt }) {
  const { t, locale } = useSpeech();
  const { ticket } = receipt;
  const { event } = ticket;
  const place = [event?.venue, event?.city].filter(Boolean).join(", ");
  return (
    <section className="sheet receipt" aria-label={t("receipt")}>
      <dl className="facts small">
        <div><dt>{t("receiptFor")}</dt><dd>{nameOf(ticket)}</dd></div>
        {event && <div><dt>{t("when")}</dt><dd>{formatStart(event, locale)}</dd></div>}
        {place && <div><dt>{t("where")}</dt><dd>{place}</dd></div>}
        {ticket.seat && <div><dt>{t("yourSeat")}</dt><dd><SeatLine seat={ticket.seat} /></dd></div>}
        <div><dt>{t("paidAt")}</dt><dd>{formatMoment(receipt.issued_at, locale)}</dd></div>
        {receipt.refunded_at && <div><dt>{t("refundedTitle")}</dt><dd>{formatMoment(receipt.refunded_at, locale)}</dd></div>}
        <div><dt>{t("buyer")}</dt><dd>{receipt.buyer.email}</dd></div>
        <div><dt>{t("seller")}</dt><dd>{t("member", { number: receipt.seller_id.slice(-8).toUpperCase() })}</dd></div>
        <div><dt>{t("orderNumber")}</dt><dd className="number">{receipt.order_id}</dd></div>
        <div className="receipt-total"><dt>{t("total")}</dt><dd>{formatMoney(receipt.total, locale)}</dd></div>
      </dl>
      <Button tone="quiet" onClick={() => globalThis.print()}>{t("print")}</Button>
    </section>
  );
}
