import type { CSSProperties, ReactNode } from "react";
import { Link } from "wouter";
import type { Event, Seat } from "../api/client";
import { useSpeech } from "../i18n/provider";
import { dayOf, formatStart } from "../when/format";
import { hueOf } from "./hue";
import { Icon } from "./icon";
import { SeatLine } from "./seat-line";

interface Props {
  href: string;
  title: string;
  event?: Event | undefined;
  seat?: Seat | undefined;
  /** At the lower end: a price, a status. */
  foot: ReactNode;
  muted?: boolean;
}

/** A ticket as a card: the tear-off part with the day, the perforation, and what it is for. */
export function Stub({ href, title, event, seat, foot, muted }: Props) {
  const { locale } = useSpeech();
  const name = event?.name ?? title;
  const hue: CSSProperties = { "--hue": hueOf(name) };
  return (
    <article className={muted ? "stub muted" : "stub"} style={hue}>
      <div className="stub-paper">
        <Day event={event} />
        <div className="stub-body">
          <h3><Link href={href}>{name}</Link></h3>
          {event && title !== name && <p className="stub-title">{title}</p>}
          {event && <p className="stub-when unseen">{formatStart(event, locale)}</p>}
          {(event?.venue || event?.city) && (
            <p className="stub-line"><Icon shape="place" /> <span>{[event.venue, event.city].filter(Boolean).join(", ")}</span></p>
          )}
          {seat && <p className="stub-line"><Icon shape="ticket" /> <SeatLine seat={seat} /></p>}
          <div className="stub-foot">{foot}</div>
        </div>
      </div>
    </article>
  );
}

function Day({ event }: { event: Event | undefined }) {
  const { locale } = useSpeech();
  if (!event) return <div className="stub-day" aria-hidden="true"><Icon shape="ticket" /></div>;
  const { day, month, weekday, time } = dayOf(event, locale);
  return (
    <div className="stub-day" aria-hidden="true">
      <span>{weekday}</span>
      <b>{day}</b>
      <span>{month}</span>
      <small>{time}</small>
    </div>
  );
}
