import type { Money } from "../api/client";
import { decimalOf, digitsOf } from "./money";

/** Stripe takes amounts of up to eight digits. */
const mostMinor = 99_999_999;

/** Currencies a seller can choose without typing a code. */
export const currencies = ["USD", "EUR", "GBP", "CHF", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN", "CZK", "JPY"] as const;

/** The amount as it is edited: decimals in the locale's way, without the currency. */
export function editableMoney(money: Money, locale: string): string {
  return decimalOf(money).replace(".", separatorOf(locale));
}

export type AmountFault = "amountMissing" | "amountMalformed" | "amountTooPrecise" | "amountZero" | "amountTooMuch";

/** Reads what somebody typed, without floating point. Both decimal separators are understood where they are not ambiguous. */
export function parseAmount(text: string, currency: string, locale: string): Money | AmountFault {
  const compact = text.replaceAll(/[\s'’]/gu, "");
  if (compact === "") return "amountMissing";
  const plain = withPoint(compact, separatorOf(locale));
  const match = /^(\d{1,12})(?:\.(\d*))?$/.exec(plain);
  if (!match?.[1]) return "amountMalformed";
  const digits = digitsOf(currency);
  const fraction = (match[2] ?? "").replace(/0+$/, "");
  if (fraction.length > digits) return "amountTooPrecise";
  const amount = Number(match[1] + fraction.padEnd(digits, "0"));
  if (amount === 0) return "amountZero";
  return amount > mostMinor ? "amountTooMuch" : { amount, currency };
}

function separatorOf(locale: string): string {
  const parts = new Intl.NumberFormat(locale).formatToParts(0.5);
  return parts.find((p) => p.type === "decimal")?.value ?? ".";
}

/** Makes the decimal separator a point and drops those between groups of three. */
function withPoint(text: string, separator: string): string {
  const last = Math.max(text.lastIndexOf("."), text.lastIndexOf(","));
  if (last < 0) return text;
  const mark = text.charAt(last);
  const both = text.includes(".") && text.includes(",");
  const grouped = /^\d{1,3}([.,]\d{3})+$/.test(text) && (mark !== separator || text.split(mark).length > 2);
  if (!both && grouped) return text.replaceAll(mark, "");
  const other = mark === "." ? "," : ".";
  return text.replaceAll(other, "").replace(mark, ".");
}
