import type { Key } from "../../i18n/en";

const shortest = 8; // characters, as the API wants them

/** What is wrong with an e-mail address. */
export function checkEmail(email: string): Key | undefined {
  if (email.trim() === "") return "required";
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim()) ? undefined : "emailMalformed";
}

/** What is wrong with a password, which only a new one must have a length for. */
export function checkPassword(password: string, account: "new" | "existing"): Key | undefined {
  if (password === "") return "required";
  return account === "new" && [...password].length < shortest ? "passwordShort" : undefined;
}

/** What is wrong with what somebody typed, by field, before it is sent. */
export function checkCredentials(email: string, password: string, account: "new" | "existing"): Record<string, Key> {
  const found = { email: checkEmail(email), password: checkPassword(password, account) };
  return Object.fromEntries(Object.entries(found).filter((fault): fault is [string, Key] => fault[1] !== undefined));
}
