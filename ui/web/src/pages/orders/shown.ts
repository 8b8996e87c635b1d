import type { Order } from "../../api/client";

/** Which orders are shown, as the address names them, and the statuses that these have. */
const statuses = {
  all: [],
  open: ["created", "awaiting_payment"],
  paid: ["complete"],
  cancelled: ["cancelled"],
} as const satisfies Record<string, readonly Order["status"][]>;

export type Shown = keyof typeof statuses;
export const choices = Object.keys(statuses) as Shown[];

/** Reads the choice from the address; what makes no sense there shows all. */
export function readShown(params: URLSearchParams): Shown {
  return choices.find((choice) => choice === params.get("show")) ?? "all";
}

/** The address of the page that shows these. */
export function addressOf(shown: Shown): string {
  return shown === "all" ? "/orders" : `/orders?show=${shown}`;
}

/** The statuses to ask the API for; none for all. */
export function statusesOf(shown: Shown): Order["status"][] {
  return [...statuses[shown]];
}
