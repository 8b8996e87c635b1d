import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { every } from "../clock/attention";
import { nextCursor } from "../navigation/pages";
import { keys } from "./cache";
import { answer, api } from "./client";

/** How often what can be bought is looked at, in milliseconds: a sold ticket is gone within three seconds. */
const look = 2500;
const pageSize = 24;

/** What can be bought now, page after page. */
export function useTickets(q: string) {
  return useInfiniteQuery({
    queryKey: keys.browse(q),
    queryFn: ({ pageParam: cursor, signal }) =>
      answer(api.GET("/api/tickets", { signal, params: { query: { limit: pageSize, ...(q && { q }), ...(cursor && { cursor }) } } })),
    initialPageParam: "",
    getNextPageParam: nextCursor,
    refetchInterval: () => every(look),
    placeholderData: (before) => before,
  });
}

/** One ticket, whatever became of it. */
export function useTicket(id: string) {
  return useQuery({
    queryKey: keys.ticket(id),
    queryFn: ({ signal }) => answer(api.GET("/api/tickets/{id}", { signal, params: { path: { id } } })),
    refetchInterval: (query) => (query.state.error ? false : every(look)),
  });
}

/** Everything the person ever put up for sale. */
export function useMyTickets() {
  return useInfiniteQuery({
    queryKey: keys.mine,
    queryFn: ({ pageParam: cursor, signal }) =>
      answer(api.GET("/api/tickets/mine", { signal, params: { query: { limit: pageSize, ...(cursor && { cursor }) } } })),
    initialPageParam: "",
    getNextPageParam: nextCursor,
    refetchInterval: () => every(2 * look),
  });
}
