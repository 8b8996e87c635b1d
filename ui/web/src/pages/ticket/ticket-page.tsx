import "../../i18n/en-pages";
import "./ticket.css";
import type { CSSProperties } from "react";
import { Link } from "wouter";
import { isStatus } from "../../api/refusal";
import { useTicket } from "../../api/tickets";
import type { Ticket } from "../../api/client";
import { useSpeech } from "../../i18n/provider";
import { BrokenPage } from "../../parts/broken-page";
import { hueOf } from "../../parts/hue";
import { Loading } from "../../parts/loading";
import { MissingPage } from "../../parts/missing-page";
import { SeatLine } from "../../parts/seat-line";
import { Title } from "../../parts/title";
import { formatDay, formatStart } from "../../when/format";
import { BuyBox } from "./buy-box";
import { Similar } from "./similar";

/** One ticket: what it is for, what it costs, and the way to get it. */
export default function TicketPage({ id }: { id: string }) {
  const { t } = useSpeech();
  const ticket = useTicket(id);
  if (ticket.data) {
    return (
      <div className="page ticket-page">
        <Link href="/" className="back">← {t("back")}</Link>
        <Poster ticket={ticket.data} />
        <div className="ticket-columns">
          <Facts ticket={ticket.data} />
          <BuyBox ticket={ticket.data} />
        </div>
        {ticket.data.status !== "available" && <Similar ticket={ticket.data} />}
      </div>
    );
  }
  if (isStatus(ticket.error, 404)) {
    return <MissingPage shape="ticket" title={t("ticketGone")} href="/" way={t("browse")} />;
  }
  return ticket.isError ? <BrokenPage error={ticket.error} onRetry={() => void ticket.refetch()} /> : <Loading />;
}

function Poster({ ticket }: { ticket: Ticket }) {
  const { locale } = useSpeech();
  const name = ticket.event?.name ?? ticket.title;
  const hue: CSSProperties = { "--hue": hueOf(name) };
  return (
    <header className="poster" style={hue}>
      {ticket.event && <p className="poster-when">{formatStart(ticket.event, locale)}</p>}
      <Title>{name}</Title>
      {ticket.event && ticket.title !== name && <p className="poster-title">{ticket.title}</p>}
    </header>
  );
}

function Facts({ ticket }: { ticket: Ticket }) {
  const { t, locale } = useSpeech();
  const { event, seat } = ticket;
  return (
    <dl className="facts">
      {event && <div><dt>{t("when")}</dt><dd><time dateTime={event.starts_at}>{formatStart(event, locale)}</time></dd></div>}
      {(event?.venue || event?.city) && <div><dt>{t("where")}</dt><dd>{[event.venue, event.city].filter(Boolean).join(", ")}</dd></div>}
      {seat && <div><dt>{t("yourSeat")}</dt><dd><SeatLine seat={seat} /></dd></div>}
      <div><dt>{t("listedAt")}</dt><dd>{formatDay(ticket.created_at, locale)}</dd></div>
    </dl>
  );
}
