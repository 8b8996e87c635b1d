import type { Order, Payment } from "../../api/client";
import { isUnderWay } from "../../api/payments";

/** What an order's page shows. */
export type Stage = "holding" | "payable" | "challenged" | "confirming" | "complete" | "cancelled";

/**
 * What the page shows, by the order and its payment. Only a complete order is paid: an approved payment may still lose to
 * the order's end, and then it is let go.
 */
export function stageOf(order: Order, payment: Payment | null | undefined): Stage {
  switch (order.status) {
    case "complete":
      return "complete";
    case "cancelled":
      return "cancelled";
    case "created":
      return "holding";
    case "awaiting_payment":
      if (payment?.status === "requires_action") return "challenged";
      return isUnderWay(payment) ? "confirming" : "payable";
  }
}

/** The address of the bank's page where a buyer confirms a payment, from the gateway's template and Stripe's client secret. */
export function challengeAddress(template: string | undefined, secret: string | undefined): string | undefined {
  const id = secret?.split("_secret_")[0];
  if (!template || !secret || !id) return undefined;
  return template.replace("{id}", encodeURIComponent(id)).replace("{secret}", encodeURIComponent(secret));
}
