import { describe, expect, test } from "vitest";
import { editableMoney, parseAmount } from "./amount";
import { decimalOf, digitsOf, discount, formatMoney } from "./money";

describe("an amount that is typed", () => {
  test.each([
    ["42", "USD", "en-US", 4200],
    ["42.00", "USD", "en-US", 4200],
    ["0.29", "USD", "en-US", 29],
    ["1.1", "USD", "en-US", 110],
    [" 1,234.56 ", "USD", "en-US", 123456],
    ["1,234", "USD", "en-US", 123400],
    ["42,5", "USD", "en-US", 4250],
    ["42,00", "EUR", "de-DE", 4200],
    ["1.234,56", "EUR", "de-DE", 123456],
    ["1.234", "EUR", "de-DE", 123400],
    ["42.50", "EUR", "de-DE", 4250],
    ["1 234,50", "EUR", "fr-FR", 123450],
    ["1’234.50", "CHF", "de-CH", 123450],
    ["5500", "JPY", "ja-JP", 5500],
    ["12.500", "USD", "en-US", 1250],
    ["999999.99", "USD", "en-US", 99_999_999],
  ])("%s %s in %s is %i minor units", (text, currency, locale, amount) => {
    expect(parseAmount(text, currency, locale)).toEqual({ amount, currency });
  });

  test.each([
    ["", "amountMissing"],
    ["  ", "amountMissing"],
    ["abc", "amountMalformed"],
    ["-5", "amountMalformed"],
    ["1e3", "amountMalformed"],
    ["1.2.3,4,5", "amountMalformed"],
    [".5", "amountMalformed"],
    ["0", "amountZero"],
    ["0.00", "amountZero"],
    ["0.291", "amountTooPrecise"],
    ["1000000", "amountTooMuch"],
    ["9999999999999", "amountMalformed"],
  ])("%s is refused as %s", (text, fault) => {
    expect(parseAmount(text, "USD", "en-US")).toBe(fault);
  });

  test("decimals of a currency without them are refused", () => {
    expect(parseAmount("55.5", "JPY", "en-US")).toBe("amountTooPrecise");
  });

  test("what is shown for editing is read back as the same amount", () => {
    for (const locale of ["en-US", "de-DE", "fr-FR", "ja-JP"]) {
      for (const currency of ["USD", "EUR", "JPY"]) {
        for (const amount of [1, 5, 29, 100, 110, 4200, 123456, 99_999_999]) {
          expect(parseAmount(editableMoney({ amount, currency }, locale), currency, locale)).toEqual({ amount, currency });
        }
      }
    }
  });
});

describe("an amount that is shown", () => {
  test.each([
    [{ amount: 4200, currency: "USD" }, "en-US", "$42.00"],
    [{ amount: 4200, currency: "EUR" }, "de-DE", "42,00\u00a0€"],
    [{ amount: 5500, currency: "JPY" }, "en-US", "¥5,500"],
    [{ amount: 99_999_999, currency: "USD" }, "en-US", "$999,999.99"],
    [{ amount: 5, currency: "USD" }, "en-US", "$0.05"],
  ])("%o in %s is %s", (money, locale, text) => {
    expect(formatMoney(money, locale)).toBe(text);
  });

  test("its decimal is exact", () => {
    expect(digitsOf("JPY")).toBe(0);
    expect(decimalOf({ amount: 7, currency: "USD" })).toBe("0.07");
    expect(decimalOf({ amount: 5500, currency: "JPY" })).toBe("5500");
  });
});

test("a discount is told in whole percent, never rounded up, and only within one currency", () => {
  const usd = (amount: number) => ({ amount, currency: "USD" });
  expect(discount(usd(8900), usd(11500))).toBe(22);
  expect(discount(usd(9999), usd(10000))).toBe(0);
  expect(discount(usd(11500), usd(8900))).toBe(0);
  expect(discount(usd(1), undefined)).toBe(0);
  expect(discount(usd(1), { amount: 100, currency: "EUR" })).toBe(0);
});
