import { Refusal } from "../api/refusal";

/** The messages that belong to fields, by field; what belongs to none is told once, above the form. */
export function byField(error: unknown, known: readonly string[]): { fields: Record<string, string>; rest: string[] } {
  const fields: Record<string, string> = {};
  const rest: string[] = [];
  for (const item of error instanceof Refusal ? error.items : []) {
    const field = item.field && known.find((k) => item.field === k || item.field?.startsWith(`${k}.`));
    if (field) fields[field] ??= item.message;
    else rest.push(item.message);
  }
  return { fields, rest };
}
