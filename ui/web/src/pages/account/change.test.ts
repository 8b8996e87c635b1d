import { expect, test } from "vitest";
import { checkChange } from "./change";

test.each([
  [{ current: "old", new: "long enough" }, {}],
  [{ current: "", new: "" }, { current: "required", new: "passwordShort" }],
  [{ current: "old", new: "1234567" }, { new: "passwordShort" }],
  [{ current: "old", new: "🎫🎫🎫🎫" }, { new: "passwordShort" }],
  [{ current: "long enough", new: "long enough" }, { new: "passwordSame" }],
])("in %j is wrong: %j", (change, faults) => {
  expect(checkChange(change)).toEqual(faults);
});
