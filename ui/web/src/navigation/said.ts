import type { Key } from "../i18n/en";

let waiting: Key | undefined;

/** Leaves word for the next page, which says it once: that something was done. */
export function leaveWord(key: Key): void {
  waiting = key;
}

/** What the page before left to say, if anything. */
export function takeWord(): Key | undefined {
  const key = waiting;
  waiting = undefined;
  return key;
}
