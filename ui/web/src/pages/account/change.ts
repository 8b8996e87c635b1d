import type { Key } from "../../i18n/en";

/** A change of the password; the names are the API's. */
export interface Change {
  current: string;
  new: string;
}

const shortest = 8; // characters, as the API wants them

/** What is wrong with a change, by field, before it is sent. */
export function checkChange(change: Change): Partial<Record<keyof Change, Key>> {
  const faults: Partial<Record<keyof Change, Key>> = {};
  if (change.current === "") faults.current = "required";
  if ([...change.new].length < shortest) faults.new = "passwordShort";
  else if (change.new === change.current) faults.new = "passwordSame";
  return faults;
}
