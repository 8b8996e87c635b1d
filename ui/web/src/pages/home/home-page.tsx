import "./home.css";
import { useRef } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import { useTickets } from "../../api/tickets";
import { useSpeech } from "../../i18n/provider";
import { itemsOf } from "../../navigation/pages";
import { Broken } from "../../parts/broken";
import { Button } from "../../parts/button";
import { Empty } from "../../parts/empty";
import { CardSkeletons } from "../../parts/loading";
import { Price } from "../../parts/price";
import { Stub } from "../../parts/stub";
import { Title } from "../../parts/title";
import { SearchBox } from "./search-box";

/** What can be bought now. The search is in the address, so that it can be shared and gone back to. */
export function HomePage() {
  const { t } = useSpeech();
  const [params] = useSearchParams();
  const [, navigate] = useLocation();
  const q = params.get("q")?.trim() ?? "";
  const results = useRef<HTMLElement>(null);
  const search = (text: string) => {
    navigate(text ? `/?q=${encodeURIComponent(text)}` : "/");
    if (text) results.current?.scrollIntoView({ block: "start" });
  };
  return (
    <>
      <section className="hero">
        <div className="hero-inner">
          <Title window={t("home")}>{t("heroTitle")}</Title>
          <p>{t("heroText")}</p>
          <SearchBox key={q} q={q} onSearch={search} />
        </div>
      </section>
      <section className="page" ref={results}>
        <Results q={q} />
      </section>
    </>
  );
}

function Results({ q }: { q: string }) {
  const { t } = useSpeech();
  const tickets = useTickets(q);
  const items = itemsOf(tickets.data);
  if (tickets.isPending) return <CardSkeletons count={6} />;
  if (tickets.isError && items.length === 0) return <Broken error={tickets.error} onRetry={() => void tickets.refetch()} />;
  if (items.length === 0 && !tickets.hasNextPage) return <Nothing q={q} />;
  return (
    <>
      <div className="section-head">
        <h2>{q ? t("resultsFor", { q }) : t("onSale")}</h2>
        <p role="status">{t(tickets.hasNextPage ? "foundMore" : "found", { count: items.length })}</p>
      </div>
      <ul className={tickets.isPlaceholderData ? "grid stale" : "grid"}>
        {items.map((ticket) => (
          <li key={ticket.id}>
            <Stub
              href={`/tickets/${ticket.id}`} title={ticket.title} event={ticket.event} seat={ticket.seat}
              foot={<Price price={ticket.price} face={ticket.face_value} />}
            />
          </li>
        ))}
      </ul>
      {tickets.hasNextPage && (
        <div className="more">
          <Button tone="quiet" busy={tickets.isFetchingNextPage && t("loading")} onClick={() => void tickets.fetchNextPage()}>{t("loadMore")}</Button>
        </div>
      )}
    </>
  );
}

function Nothing({ q }: { q: string }) {
  const { t } = useSpeech();
  if (q) {
    return (
      <Empty shape="search" title={t("noResultsTitle", { q })} text={t("noResultsText")}>
        <Link href="/" className="button">{t("showAll")}</Link>
      </Empty>
    );
  }
  return (
    <Empty shape="ticket" title={t("emptyTitle")} text={t("emptyText")}>
      <Link href="/sell" className="button">{t("emptySell")}</Link>
    </Empty>
  );
}
