import "./home.css";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { useTickets } from "../../api/tickets";
import { useSpeech } from "../../i18n/provider";
import { itemsOf } from "../../navigation/pages";
import { takeWord } from "../../navigation/said";
import { Broken } from "../../parts/broken";
import { Button } from "../../parts/button";
import { CardSkeletons } from "../../parts/loading";
import { Price } from "../../parts/price";
import { Stub } from "../../parts/stub";
import { Title } from "../../parts/title";
import { SearchBox } from "./search-box";
import { addressOf, filtersOf, queryOf, readWish, type Sort, sorts, type Wish } from "./wish";

const Filters = lazy(() => import("./filters"));
const Nothing = lazy(() => import("./nothing"));
const Word = lazy(() => import("./word"));

/** A page of a search may hold few tickets and still not be the last: so many are wanted, in at most so many pages. */
const enough = 12;
const mostPages = 6;

/** What can be bought now. The search is in the address, so that it can be shared and gone back to. */
export function HomePage() {
  const { t } = useSpeech();
  const [params] = useSearchParams();
  const [, navigate] = useLocation();
  const [word] = useState(takeWord);
  const wish = readWish(params);
  const results = useRef<HTMLElement>(null);
  // What changes letter by letter replaces the address: going back leaves the search, not its last letter.
  const look = (next: Wish) => navigate(addressOf(next), { replace: addressOf(wish) !== "/" });
  const search = (q: string, done: boolean) => {
    if (q !== wish.q) look({ ...wish, q });
    if (done && q) results.current?.scrollIntoView({ block: "start" });
  };
  return (
    <>
      {word && <Suspense><Word of={word} /></Suspense>}
      <section className="hero">
        <div className="hero-inner">
          <Title window={t("home")}>{t("heroTitle")}</Title>
          <p>{t("heroText")}</p>
          <SearchBox q={wish.q} onSearch={search} />
        </div>
      </section>
      <section className="page" ref={results}>
        <Tools wish={wish} onWish={look} />
        <Results wish={wish} />
      </section>
    </>
  );
}

/** The order of the list, and what narrows it down. */
function Tools({ wish, onWish }: { wish: Wish; onWish: (wish: Wish) => void }) {
  const { t } = useSpeech();
  const count = filtersOf(wish);
  const [open, setOpen] = useState(count > 0);
  // What is typed shows at once, also what makes no sense yet and so is not in the address.
  const [draft, setDraft] = useState(wish);
  const [shown, setShown] = useState(addressOf(wish));
  if (addressOf(wish) !== shown) { // by a link, or by going back
    setShown(addressOf(wish));
    setDraft(wish);
  }
  const set = (next: Wish) => {
    const meant = readWish(new URLSearchParams({ ...next }));
    setDraft(next);
    setShown(addressOf(meant));
    onWish(meant);
  };
  return (
    <div className="tools">
      <div className="tools-row">
        <button type="button" className="button quiet small" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t("filters")}{count > 0 && ` (${count})`}
        </button>
        <label className="sort">
          <span>{t("sortLabel")}</span>
          <select name="sort" value={wish.sort} onChange={(e) => onWish({ ...wish, sort: e.target.value as Sort })}>
            {sorts.map((sort) => <option key={sort} value={sort}>{t(`sort_${sort}`)}</option>)}
          </select>
        </label>
      </div>
      {open && <Suspense fallback={<div className="filters" />}><Filters wish={{ ...draft, q: wish.q, sort: wish.sort }} onWish={set} /></Suspense>}
    </div>
  );
}

function Results({ wish }: { wish: Wish }) {
  const { t } = useSpeech();
  const tickets = useTickets(queryOf(wish));
  const items = itemsOf(tickets.data);
  const { q } = wish;
  const short = items.length < enough && (tickets.data?.pages.length ?? 0) < mostPages && tickets.hasNextPage;
  const { fetchNextPage, isFetching } = tickets;
  useEffect(() => {
    if (short && !isFetching) void fetchNextPage();
  }, [short, isFetching, fetchNextPage]);
  if (tickets.isPending || (items.length === 0 && short)) return <CardSkeletons count={6} />;
  if (tickets.isError && items.length === 0) return <Broken error={tickets.error} onRetry={() => void tickets.refetch()} />;
  if (items.length === 0 && !tickets.hasNextPage) return <Suspense fallback={<CardSkeletons count={6} />}><Nothing wish={wish} /></Suspense>;
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
