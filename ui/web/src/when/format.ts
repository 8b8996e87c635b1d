import type { Event } from "../api/client";
import { knownZone, ownZone } from "./zone";

/** When an event begins, by the clock at its venue; the zone is named where it is not the reader's. */
export function formatStart(event: Event, locale: string, reader: string = ownZone()): string {
  const zone = knownZone(event.time_zone);
  return new Intl.DateTimeFormat(locale, {
    weekday: "short", day: "numeric", month: "long", year: "numeric", hour: "numeric", minute: "2-digit", timeZone: zone,
    ...(zone === reader ? {} : { timeZoneName: "short" }),
  }).format(Date.parse(event.starts_at));
}

/** The day of an event in pieces, for the tear-off part of a ticket. */
export function dayOf(event: Event, locale: string): { day: string; month: string; weekday: string; time: string } {
  const at = Date.parse(event.starts_at);
  const timeZone = knownZone(event.time_zone);
  const part = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { ...options, timeZone }).format(at);
  return {
    day: part({ day: "numeric" }).replace(/\D/g, ""), month: part({ month: "short" }), weekday: part({ weekday: "short" }),
    time: part({ hour: "numeric", minute: "2-digit" }),
  };
}

/** A moment in the reader's own time. */
export function formatMoment(utc: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(Date.parse(utc));
}

/** The time of day of a moment, for the reader. */
export function formatTime(utc: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(Date.parse(utc));
}

/** The day of a moment, for the reader. */
export function formatDay(utc: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "long" }).format(Date.parse(utc));
}
