import "../../i18n/en-pages";
import "./order.css";
import { useEffect, useRef } from "react";
import { Link } from "wouter";
import { type Followed, useOrder } from "../../api/orders";
import { usePayment } from "../../api/payments";
import { isStatus } from "../../api/refusal";
import { useSpeech } from "../../i18n/provider";
import { BrokenPage } from "../../parts/broken-page";
import { Loading } from "../../parts/loading";
import { MissingPage } from "../../parts/missing-page";
import { nameOf } from "../../parts/name-of";
import { Price } from "../../parts/price";
import { Stub } from "../../parts/stub";
import { Title } from "../../parts/title";
import { CancelOrder } from "./cancel-order";
import { Challenge } from "./challenge";
import { Cancelled, Complete, Confirming, Holding } from "./outcome";
import { Pay } from "./pay";
import { type Stage, stageOf } from "./stage";
import { TimeLeft } from "./time-left";
import { Timeline } from "./timeline";

/** One order, from the reservation to the ticket. */
export default function OrderPage({ id }: { id: string }) {
  const { t } = useSpeech();
  const order = useOrder(id);
  const asked = order.data?.status === "awaiting_payment";
  const payment = usePayment(id, asked);
  const stage = !order.data || (asked && payment.isPending) ? undefined : stageOf(order.data, payment.data);
  const news = useNews(stage);
  if (isStatus(order.error, 404)) {
    return <MissingPage shape="bag" title={t("orderGone")} href="/orders" way={t("orders")} />;
  }
  if (order.isError && !order.data) return <BrokenPage error={order.error} onRetry={() => void order.refetch()} />;
  if (!order.data || !stage) return <Loading />;
  const open = stage === "payable" || stage === "challenged";
  return (
    <div className="page order-page">
      <Title>{t("orderTitle")}</Title>
      <p className="intro">{nameOf(order.data.ticket)}</p>
      {open && <TimeLeft until={order.data.expires_at} onOver={() => void order.refetch()} />}
      <div className="order-columns">
        <section className="order-main" aria-live="polite" ref={news} tabIndex={-1}>
          {stage === "holding" && <Holding />}
          {stage === "payable" && <Pay order={order.data} decline={payment.data?.decline} />}
          {stage === "challenged" && payment.data && <Challenge payment={payment.data} />}
          {stage === "confirming" && <Confirming />}
          {stage === "complete" && <Complete order={order.data} />}
          {stage === "cancelled" && <Cancelled order={order.data} />}
          {(open || stage === "holding") && <CancelOrder id={id} />}
        </section>
        <Summary order={order.data} />
      </div>
    </div>
  );
}

/** Shows what an order has come to: whoever has paid has scrolled down to the button, and that is gone. Put the ref on what tells it. */
function useNews(stage: Stage | undefined) {
  const news = useRef<HTMLElement>(null);
  const last = useRef(stage);
  useEffect(() => {
    const before = last.current;
    last.current = stage;
    if (before === undefined || before === stage || stage === "payable") return;
    globalThis.scrollTo(0, 0);
    news.current?.focus({ preventScroll: true });
  }, [stage]);
  return news;
}

function Summary({ order }: { order: Followed }) {
  const { t } = useSpeech();
  const { ticket } = order;
  return (
    <aside className="order-side">
      <Stub href={`/tickets/${ticket.id}`} title={ticket.title} event={ticket.event} seat={ticket.seat} foot={<Price price={ticket.price} />} />
      <dl className="facts small">
        <div><dt>{t("orderNumber")}</dt><dd className="number">{order.id}</dd></div>
      </dl>
      {order.timeline && <Timeline happenings={order.timeline} />}
      {order.status === "complete" && <Link href={`/orders/${order.id}/receipt`} className="button quiet receipt-link">{t("receipt")}</Link>}
    </aside>
  );
}
