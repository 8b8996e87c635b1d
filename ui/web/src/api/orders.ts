import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { every } from "../clock/attention";
import { nextCursor } from "../navigation/pages";
import { keys } from "./cache";
import { answer, api, type Order } from "./client";
import { Refusal } from "./refusal";

/** How often an order is looked at while it is about to change, and while it waits for its buyer; in milliseconds. */
const soon = 700;
const calm = 3000;

/** How often a reservation is tried again where the service could not be reached: its key makes that safe. */
const tries = 2;

function isOver(order: Order | undefined): boolean {
  return order?.status === "complete" || order?.status === "cancelled";
}

/** One order, followed until it is over. busy: a payment is under way, so it is about to change. */
export function useOrder(id: string, busy: boolean) {
  return useQuery({
    queryKey: keys.order(id),
    queryFn: ({ signal }) => answer(api.GET("/api/orders/{id}", { signal, params: { path: { id } } })),
    refetchInterval: ({ state }) => {
      if (state.error || isOver(state.data)) return false;
      const due = state.data && Date.parse(state.data.expires_at) - Date.now() < calm;
      return every(busy || due || state.data?.status === "created" ? soon : calm);
    },
  });
}

export function useOrders() {
  return useInfiniteQuery({
    queryKey: keys.orderList,
    queryFn: ({ pageParam: cursor, signal }) =>
      answer(api.GET("/api/orders", { signal, params: { query: { limit: 20, ...(cursor && { cursor }) } } })),
    initialPageParam: "",
    getNextPageParam: nextCursor,
    refetchInterval: () => every(2 * calm),
  });
}

/** Reserves a ticket. A request that got lost is repeated with the same key, so that it reserves once. */
export function useCreateOrder(ticketID: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (key: string) =>
      answer(api.POST("/api/orders", { params: { header: { "Idempotency-Key": key } }, body: { ticket_id: ticketID } })),
    retry: (failures, error) => failures < tries && error instanceof Refusal && error.passing,
    onSuccess: (order) => cache.setQueryData(keys.order(order.id), order),
    onSettled: () => cache.invalidateQueries({ queryKey: keys.tickets }),
  });
}

export function useCancelOrder(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => answer(api.DELETE("/api/orders/{id}", { params: { path: { id } } })),
    onSettled: () => cache.invalidateQueries({ queryKey: keys.orders }),
  });
}
