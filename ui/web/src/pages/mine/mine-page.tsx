import "../../i18n/en-pages";
import { useState } from "react";
import { Link } from "wouter";
import type { Ticket } from "../../api/client";
import { useMyTickets } from "../../api/tickets";
import { serverClock } from "../../clock/server-clock";
import { useSpeech } from "../../i18n/provider";
import { itemsOf } from "../../navigation/pages";
import { takeWord } from "../../navigation/said";
import { Broken } from "../../parts/broken";
import { Button } from "../../parts/button";
import { Empty } from "../../parts/empty";
import { CardSkeletons } from "../../parts/loading";
import { Notice } from "../../parts/notice";
import { Price } from "../../parts/price";
import { Status } from "../../parts/status";
import { Stub } from "../../parts/stub";
import { Title } from "../../parts/title";
import { formatTime } from "../../when/format";

/** What the person sells, and what became of it. */
export default function MinePage() {
  const { t } = useSpeech();
  const [word] = useState(takeWord);
  return (
    <div className="page">
      {word && <div className="word"><Notice tone="good" title={t(word)} /></div>}
      <div className="section-head">
        <Title>{t("mineTitle")}</Title>
        <Link href="/sell" className="button">{t("emptySell")}</Link>
      </div>
      <List />
    </div>
  );
}

function List() {
  const { t } = useSpeech();
  const tickets = useMyTickets();
  const items = itemsOf(tickets.data);
  if (tickets.isPending) return <CardSkeletons count={3} />;
  if (tickets.isError && items.length === 0) return <Broken error={tickets.error} onRetry={() => void tickets.refetch()} />;
  if (items.length === 0) return <Empty shape="stack" title={t("mineEmpty")} text={t("mineEmptyText")} />;
  return (
    <>
      <ul className="grid">{items.map((ticket) => <li key={ticket.id}><OwnStub ticket={ticket} /></li>)}</ul>
      {tickets.hasNextPage && (
        <div className="more"><Button tone="quiet" busy={tickets.isFetchingNextPage && t("loading")} onClick={() => void tickets.fetchNextPage()}>{t("loadMore")}</Button></div>
      )}
    </>
  );
}

function OwnStub({ ticket }: { ticket: Ticket }) {
  const { t, locale } = useSpeech();
  const free = ticket.status === "available";
  const begun = free && ticket.event !== undefined && Date.parse(ticket.event.starts_at) <= serverClock.now(); // nobody can buy it any more
  return (
    <Stub
      href={free ? `/tickets/${ticket.id}/edit` : `/tickets/${ticket.id}`} title={ticket.title} event={ticket.event} seat={ticket.seat}
      muted={ticket.status === "withdrawn" || begun}
      foot={
        <>
          <div>
            {begun ? <span className="status">{t("ticketStarted")}</span> : <Status of={ticket.status} />}
            {ticket.held_until && <p className="foot-note">{t("comesBack", { time: formatTime(ticket.held_until, locale) })}</p>}
          </div>
          <Price price={ticket.price} />
        </>
      }
    />
  );
}
