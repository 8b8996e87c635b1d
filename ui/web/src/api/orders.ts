import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { every } from "../clock/attention";
import { nextCursor } from "../navigation/pages";
import { keys } from "./cache";
import { answer, api, type Happening, type Order, type Payment } from "./client";
import { isUnderWay } from "./payments";
import { Refusal } from "./refusal";

/** How often an order is looked at while it is about to change, and while it waits for its buyer; in milliseconds. */
const soon = 700;
const calm = 3000;

/** How often a reservation is tried again where the service could not be reached: its key makes that safe. */
const tries = 2;

function isOver(order: Order | undefined): boolean {
  return order?.status === "complete" || order?.status === "cancelled";
}

/** An order as its page shows it; one that was only just made comes without what happened to it. */
export type Followed = Order & { timeline?: Happening[] };

/** One order, followed until it is over: closely while a payment is under way. */
export function useOrder(id: string) {
  const cache = useQueryClient();
  return useQuery({
    queryKey: keys.order(id),
    queryFn: ({ signal }): Promise<Followed> => answer(api.GET("/api/orders/{id}", { signal, params: { path: { id } } })),
    refetchInterval: ({ state }) => {
      if (state.error || isOver(state.data)) return false;
      const due = state.data && Date.parse(state.data.expires_at) - Date.now() < calm;
      const busy = isUnderWay(cache.getQueryData<Payment | null>(keys.payment(id)));
      return every(busy || due || state.data?.status === "created" ? soon : calm);
    },
  });
}

/** The receipt of a paid order. */
export function useReceipt(id: string) {
  return useQuery({
    queryKey: keys.receipt(id),
    queryFn: ({ signal }) => answer(api.GET("/api/orders/{id}/receipt", { signal, params: { path: { id } } })),
  });
}

/** The person's orders, newest first: those of these statuses, or all. */
export function useOrders({ statuses = [], enabled = true }: { statuses?: Order["status"][]; enabled?: boolean } = {}) {
  return useInfiniteQuery({
    queryKey: keys.orderList(statuses),
    enabled,
    queryFn: ({ pageParam: cursor, signal }) =>
      answer(api.GET("/api/orders", { signal, params: { query: { limit: 20, ...(statuses.length > 0 && { status: statuses }), ...(cursor && { cursor }) } } })),
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
    onSuccess: (order) => {
      cache.setQueryData(keys.order(order.id), order);
      cache.setQueryData(keys.payment(order.id), null); // nobody has begun to pay what is this new
    },
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
