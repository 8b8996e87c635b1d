import "../../i18n/en-pages";
import { Link } from "wouter";
import type { Order } from "../../api/client";
import { useOrders } from "../../api/orders";
import { useSpeech } from "../../i18n/provider";
import { itemsOf } from "../../navigation/pages";
import { Broken } from "../../parts/broken";
import { Button } from "../../parts/button";
import { Empty } from "../../parts/empty";
import { CardSkeletons } from "../../parts/loading";
import { Price } from "../../parts/price";
import { Status } from "../../parts/status";
import { Stub } from "../../parts/stub";
import { Title } from "../../parts/title";
import { formatTime } from "../../when/format";

/** Everything the person ever reserved or bought. */
export default function OrdersPage() {
  const { t } = useSpeech();
  return (
    <div className="page">
      <Title>{t("ordersTitle")}</Title>
      <List />
    </div>
  );
}

function List() {
  const { t } = useSpeech();
  const orders = useOrders();
  const items = itemsOf(orders.data);
  if (orders.isPending) return <CardSkeletons count={3} />;
  if (orders.isError && items.length === 0) return <Broken error={orders.error} onRetry={() => void orders.refetch()} />;
  if (items.length === 0) {
    return (
      <Empty shape="bag" title={t("ordersEmpty")} text={t("ordersEmptyText")}><Link href="/" className="button">{t("browse")}</Link></Empty>
    );
  }
  return (
    <>
      <ul className="grid">{items.map((order) => <li key={order.id}><OrderStub order={order} /></li>)}</ul>
      {orders.hasNextPage && (
        <div className="more"><Button tone="quiet" busy={orders.isFetchingNextPage && t("loading")} onClick={() => void orders.fetchNextPage()}>{t("loadMore")}</Button></div>
      )}
    </>
  );
}

function OrderStub({ order }: { order: Order }) {
  const { t, locale } = useSpeech();
  const { ticket } = order;
  return (
    <Stub
      href={`/orders/${order.id}`} title={ticket.title} event={ticket.event} seat={ticket.seat} muted={order.status === "cancelled"}
      foot={
        <>
          <div>
            <Status of={order.status} />
            {order.status === "awaiting_payment" && <p className="foot-note">{t("payBefore", { time: formatTime(order.expires_at, locale) })}</p>}
          </div>
          <Price price={ticket.price} />
        </>
      }
    />
  );
}
