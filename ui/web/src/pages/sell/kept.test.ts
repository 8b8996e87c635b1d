import { expect, test } from "vitest";
import { emptyDraft } from "./draft";
import { forget, keep, keptOf } from "./kept";

test("what was typed is kept for who typed it, until it is listed", () => {
  const draft = { ...emptyDraft(), title: "Box" };
  expect(keptOf("ada")).toEqual({});
  keep("ada", { draft });
  keep("ada", { code: "ROW-A-1" });
  expect(keptOf("ada")).toMatchObject({ draft, code: "ROW-A-1" });
  expect(keptOf("bruno")).toEqual({});
  keep("bruno", { code: "ROW-B-2" });
  expect(keptOf("bruno")).not.toHaveProperty("draft");
  expect(keptOf("ada")).toEqual({});
  forget();
  expect(keptOf("bruno")).toEqual({});
});
