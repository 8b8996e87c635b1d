import type { Money } from "../api/client";

/** How many decimal places a currency has: 2 for USD, 0 for JPY. */
export function digitsOf(currency: string): number {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** The amount as a decimal with a point, without rounding: 4200 USD is 42.00. */
export function decimalOf({ amount, currency }: Money): string {
  const digits = digitsOf(currency);
  const padded = String(amount).padStart(digits + 1, "0");
  return digits === 0 ? padded : `${padded.slice(0, -digits)}.${padded.slice(-digits)}`;
}

/** The amount as people of a place write it. */
export function formatMoney(money: Money, locale: string): string {
  const format = new Intl.NumberFormat(locale, { style: "currency", currency: money.currency });
  return format.format(decimalOf(money) as `${number}`);
}

/** How much below its face value a ticket is sold, in whole percent; 0 where it is not. */
export function discount(price: Money, face: Money | undefined): number {
  if (!face || face.currency !== price.currency || face.amount <= price.amount) return 0;
  return Math.floor(((face.amount - price.amount) * 100) / face.amount);
}
