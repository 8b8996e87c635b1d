import { describe, expect, test } from "vitest";
import { Refusal, refusalOf } from "../api/refusal";
import { de } from "./de";
import { en } from "./en";
import { enPages } from "./en-pages";
import { byField } from "./by-field";
import { explain } from "./explain";
import { chooseLanguage, translator } from "./translate";

const all = { ...en, ...enPages };
const gaps = (message: unknown) => [...JSON.stringify(message).matchAll(/\{\w+\}/g)].map(([gap]) => gap).toSorted();

describe("the catalogues", () => {
  test("say the same things", () => {
    expect(Object.keys(de).toSorted()).toEqual(Object.keys(all).toSorted());
  });

  test("have the same gaps in each text", () => {
    for (const [key, message] of Object.entries(all)) expect([key, gaps(de[key as keyof typeof de])]).toEqual([key, gaps(message)]);
  });
});

describe("a translation", () => {
  test("fills gaps in, and chooses by number", () => {
    const t = translator(all, "en-US");
    expect(t("found", { count: 1 })).toBe("1 ticket");
    expect(t("found", { count: 1234 })).toBe("1,234 tickets");
    expect(t("resultsFor", { q: "{count}" })).toBe("Results for “{count}”");
    expect(translator(de, "de-DE")("found", { count: 1234 })).toBe("1.234 Tickets");
  });

  test.each([
    [null, ["de-AT", "en"], "de", "de-AT"],
    [null, ["fr-FR", "en-GB"], "en", "en-GB"],
    [null, ["fr"], "en", "en"],
    ["de", ["en-US"], "de", "de"],
    ["xx", ["en-US"], "en", "en-US"],
  ])("chosen %s, wanted %j: %s as %s", (chosen, wanted, language, locale) => {
    expect(chooseLanguage(chosen, wanted)).toEqual({ language, locale });
  });
});

describe("a refusal", () => {
  const t = translator(all, "en");
  const problem = (status: number, ...errors: object[]) => refusalOf(status, { type: "", title: "", status, detail: "", errors });

  test("is explained where it happened", () => {
    expect(explain(problem(409, { message: "taken" }), t, { 409: "reservedByOther" })).toBe(all.reservedByOther);
    expect(explain(problem(402, { message: "no", code: "insufficient_funds" }), t, { 402: "declined" })).toBe(all.declinedFunds);
    expect(explain(problem(409, { message: "no", code: "hold_limit" }), t, { 409: "reservedByOther" })).toBe(all.holdLimit);
    expect(explain(problem(409, { message: "In the API’s words." }), t)).toBe("In the API’s words.");
    expect(explain(new Refusal(0, []), t)).toBe(all.offline);
    expect(explain(refusalOf(502, "<html>"), t)).toBe(all.serverBusy);
    expect(explain(new TypeError("x"), t)).toBe(all.serverFault);
  });

  test("stands at its field", () => {
    const error = problem(400, { message: "a", field: "title" }, { message: "b", field: "event.name" }, { message: "c", field: "odd" }, { message: "d" }, { message: "e", field: "price.amount" });
    expect(byField(error, ["title", "price", "event.name"])).toEqual({ fields: { title: "a", "event.name": "b", price: "e" }, rest: ["c", "d"] });
    expect(byField(undefined, [])).toEqual({ fields: {}, rest: [] });
  });

  test("of a malformed answer has no items", () => {
    for (const body of [null, "text", { errors: "x" }, { errors: [1, { field: "f" }] }]) expect(refusalOf(400, body).items).toEqual([]);
  });
});
