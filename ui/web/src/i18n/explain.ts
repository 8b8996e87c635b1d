import { Refusal } from "../api/refusal";
import type { Key } from "./en";
import type { Translate } from "./translate";

/** What a refusal means where it happened: the API speaks English, people may not. */
export type Meanings = Partial<Record<number, Key>>;

const general: Meanings = { 0: "offline", 429: "tooMany", 500: "serverFault", 502: "serverBusy", 503: "serverBusy", 504: "serverBusy" };

/** What a refusal's code says more exactly than its status. */
const byCode: Partial<Record<string, Key>> = { insufficient_funds: "declinedFunds", hold_limit: "holdLimit", reservation_throttle: "tooMany" };

/** One sentence for people about an error. The API's own words are the last resort but one. */
export function explain(error: unknown, t: Translate, meanings: Meanings = {}): string {
  if (!(error instanceof Refusal)) return t("serverFault");
  const code = error.items[0]?.code;
  const key = byCode[code ?? ""] ?? meanings[error.status] ?? general[error.status];
  if (key) return t(key);
  return error.items[0]?.message ?? t("serverFault");
}
