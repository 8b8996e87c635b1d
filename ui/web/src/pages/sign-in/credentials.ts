import type { Key } from "../../i18n/en";

const shortest = 8; // characters, as the API wants them

/** What is wrong with what somebody typed, by field, before it is sent. */
export function checkCredentials(email: string, password: string, account: "new" | "existing"): Record<string, Key> {
  const faults: Record<string, Key> = {};
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim())) faults["email"] = email.trim() ? "emailMalformed" : "required";
  if (password === "") faults["password"] = "required";
  else if (account === "new" && [...password].length < shortest) faults["password"] = "passwordShort";
  return faults;
}
