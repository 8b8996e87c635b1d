import type { components } from "./schema";

export type ProblemItem = components["schemas"]["ProblemItem"];

/** The API said no, or could not be reached (status 0). Its items say what is wrong, and at which field. */
export class Refusal extends Error {
  readonly status: number;
  readonly items: ProblemItem[];

  constructor(status: number, items: ProblemItem[]) {
    super(items[0]?.message ?? `status ${status}`);
    this.name = "Refusal";
    this.status = status;
    this.items = items;
  }

  /** Whether the same request may succeed a moment later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

/** Reads what was answered instead of a problem document too: a proxy's text is not shown to people. */
export function refusalOf(status: number, body: unknown): Refusal {
  const errors = typeof body === "object" && body !== null && "errors" in body ? body.errors : undefined;
  const items = Array.isArray(errors) ? errors.filter(isItem) : [];
  return new Refusal(status, items);
}

function isItem(value: unknown): value is ProblemItem {
  return typeof value === "object" && value !== null && "message" in value && typeof value.message === "string";
}

/** Whether an error is a refusal of this status. */
export function isStatus(error: unknown, status: number): boolean {
  return error instanceof Refusal && error.status === status;
}
