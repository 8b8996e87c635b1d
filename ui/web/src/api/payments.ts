import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { every } from "../clock/attention";
import { keys } from "./cache";
import { answer, api, type Payment } from "./client";
import { isStatus } from "./refusal";

/** How cards are taken here. */
export function usePaymentConfig() {
  return useQuery({
    queryKey: keys.paymentConfig,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => answer(api.GET("/api/payments/config", { signal })),
  });
}

/** Whether a payment is on its way, and the order about to change. */
export function isUnderWay(payment: Payment | null | undefined): boolean {
  return payment?.status === "authorized" || payment?.status === "captured" || payment?.status === "requires_action";
}

/** The payment of an order; null where nobody has begun to pay. */
export function usePayment(orderID: string, enabled: boolean) {
  return useQuery({
    queryKey: keys.payment(orderID),
    enabled,
    queryFn: async ({ signal }): Promise<Payment | null> => {
      try {
        return await answer(api.GET("/api/payments/{order_id}", { signal, params: { path: { order_id: orderID } } }));
      } catch (error) {
        if (isStatus(error, 404)) return null;
        throw error;
      }
    },
    refetchInterval: ({ state }) => (isUnderWay(state.data) ? every(1000) : false),
  });
}

/** Pays an order with a payment method, or begins to where Stripe's form takes the card. */
export function usePay(orderID: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (method: string | undefined) =>
      answer(api.POST("/api/payments", { body: { order_id: orderID, ...(method && { payment_method: method }) } })),
    onSuccess: (payment) => cache.setQueryData(keys.payment(orderID), payment),
    onSettled: () => cache.invalidateQueries({ queryKey: keys.order(orderID) }),
  });
}

/** Gives the buyer's money back; operators may. */
export function useRefund() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (orderID: string) => answer(api.POST("/api/payments/{order_id}/refund", { params: { path: { order_id: orderID } } })),
    onSuccess: (payment) => cache.setQueryData(keys.payment(payment.order_id), payment),
    onSettled: (_, __, orderID) => cache.invalidateQueries({ queryKey: keys.payment(orderID) }),
  });
}
