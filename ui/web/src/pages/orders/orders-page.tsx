import "../../i18n/en-pages";
import { useEffect } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
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
import { addressOf, choices, readShown, type Shown, statusesOf } from "./shown";

/** A page of chosen orders may hold few and still not be the last: so many are wanted, in at most so many pages. */
const enough = 12;
const mostPages = 6;

/** Everything the person ever reserved or bought. What is chosen of it is in the address. */
export default function OrdersPage() {
  const { t } = useSpeech();
  const [params] = useSearchParams();
  const [, navigate] = useLocation();
  const shown = readShown(params);
  return (
    <div className="page">
      <div className="section-head">
        <Title>{t("ordersTitle")}</Title>
        <label className="sort">
          <span>{t("show")}</span>
          <select name="show" value={shown} onChange={(e) => navigate(addressOf(e.target.value as Shown))}>
            {choices.map((choice) => <option key={choice} value={choice}>{t(`show_${choice}`)}</option>)}
          </select>
        </label>
      </div>
      <List key={shown} shown={shown} />
    </div>
  );
}

function List({ shown }: { shown: Shown }) {
  const { t } = useSpeech();
  const orders = useOrders({ statuses: statusesOf(shown) });
  const items = itemsOf(orders.data);
  const short = items.length < enough && (orders.data?.pages.length ?? 0) < mostPages && orders.hasNextPage;
  const { fetchNextPage, isFetching } = orders;
  useEffect(() => {
    if (short && !isFetching) void fetchNextPage();
  }, [short, isFetching, fetchNextPage]);
  if (orders.isPending || (items.length === 0 && short)) return <CardSkeletons count={3} />;
  if (orders.isError && items.length === 0) return <Broken error={orders.error} onRetry={() => void orders.refetch()} />;
  if (items.length === 0 && !orders.hasNextPage && shown !== "all") {
    return (
      <Empty shape="bag" title={t("noneShown")} text={t("noneShownText")}><Link href="/orders" className="button">{t("showAll")}</Link></Empty>
    );
  }
  if (items.length === 0 && !orders.hasNextPage) {
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
            <Status of={order.refunded_at ? "refunded" : order.status} />
            {order.status === "awaiting_payment" && <p className="foot-note">{t("payBefore", { time: formatTime(order.expires_at, locale) })}</p>}
          </div>
          <Price price={ticket.price} />
        </>
      }
    />
  );
}
