import { Link } from "wouter";
import type { Order } from "../../api/client";
import { useSpeech } from "../../i18n/provider";
import { formatMoney } from "../../money/money";
import { drawings } from "../../parts/drawings";
import { Drawing } from "../../parts/icon";
import { Notice } from "../../parts/notice";
import { Delivery } from "./delivery";

export function Holding() {
  const { t } = useSpeech();
  return <Waiting title={t("orderCreated")} text={t("orderCreatedText")} />;
}

export function Confirming() {
  const { t } = useSpeech();
  return <Waiting title={t("confirming")} text={t("orderCreatedText")} />;
}

function Waiting({ title, text }: { title: string; text: string }) {
  return (
    <div className="waiting">
      <span className="spinner" aria-hidden="true" />
      <h2>{title}</h2>
      <p>{text}</p>
    </div>
  );
}

export function Complete({ order }: { order: Order }) {
  const { t, locale } = useSpeech();
  if (order.refunded_at) {
    return (
      <Notice tone="calm" title={t("refundedTitle")}>
        {t("refundedText", { price: formatMoney(order.ticket.price, locale) })}
      </Notice>
    );
  }
  return (
    <>
      <div className="outcome">
        <span className="outcome-mark"><Drawing path={drawings.check} /></span>
        <h2>{t("complete")}</h2>
        <p>{t("completeText", { price: formatMoney(order.ticket.price, locale) })}</p>
      </div>
      <Delivery ticketID={order.ticket.id} />
    </>
  );
}

export function Cancelled({ order }: { order: Order }) {
  const { t } = useSpeech();
  return (
    <>
      <Notice tone="calm" title={t("cancelledTitle")}>
        {order.reason && t(`reason_${order.reason}`)} {t("notCharged")}
      </Notice>
      <div className="choices">
        <Link href={`/tickets/${order.ticket.id}`} className="button">{t("tryTicketAgain")}</Link>
        <Link href="/" className="button quiet">{t("browse")}</Link>
      </div>
    </>
  );
}
