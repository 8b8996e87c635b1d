import { ownZone } from "./zone";

/** Reads and writes times as the clock at the venue shows them. Local times look like 2026-12-24T20:00. */

function partsIn(time: number, zone: string): Record<string, number> {
  const format = new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", {
    timeZone: zone, hourCycle: "h23",
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  });
  return Object.fromEntries(format.formatToParts(time).map((p) => [p.type, Number(p.value)]));
}

/** What the clock in the zone shows, taken for UTC; in milliseconds since 1970. */
function wallClock(time: number, zone: string): number {
  const p = partsIn(time, zone);
  return Date.UTC(p["year"] ?? 0, (p["month"] ?? 1) - 1, p["day"] ?? 1, p["hour"] ?? 0, p["minute"] ?? 0, p["second"] ?? 0);
}

/** The moment when the clock in the zone shows a local time, as RFC 3339 in UTC; undefined where the text is no time. */
export function toUTC(local: string, zone: string): string | undefined {
  const wanted = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(local) ? Date.parse(`${local}:00Z`) : Number.NaN;
  if (Number.isNaN(wanted)) return undefined;
  // Two steps reach it: the first finds the zone's offset near it, the second mends a change of offset in between.
  let time = wanted;
  for (let step = 0; step < 2; step++) time += wanted - wallClock(time, zone);
  return new Date(time).toISOString().replace(".000Z", "Z");
}

/** What the clock in the zone shows at a moment. */
export function toLocal(utc: string, zone: string): string {
  return new Date(wallClock(Date.parse(utc), zone)).toISOString().slice(0, 16);
}

/** All zones this browser knows, its own included. */
export function zones(): string[] {
  const known = new Set([...Intl.supportedValuesOf("timeZone"), "UTC", ownZone()]);
  return [...known].toSorted();
}
