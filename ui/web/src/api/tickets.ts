import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { every } from "../clock/attention";
import { nextCursor } from "../navigation/pages";
import { keys } from "./cache";
import { answer, api } from "./client";
import type { paths } from "./schema";

/** How often what can be bought is looked at, in milliseconds: a sold ticket is gone within three seconds. */
const look = 2500;
const pageSize = 24;

/** What to look for among what can be bought. */
export type Search = Omit<NonNullable<paths["/api/tickets"]["get"]["parameters"]["query"]>, "limit" | "cursor">;

/** What can be bought now, page after page. */
export function useTickets(search: Search) {
  return useInfiniteQuery({
    queryKey: keys.browse(search),
    queryFn: ({ pageParam: cursor, signal }) =>
      answer(api.GET("/api/tickets", { signal, params: { query: { limit: pageSize, ...search, ...(cursor && { cursor }) } } })),
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

/** A few that can be bought now and match some words, to show beside another one. */
export function useSimilar(q: string) {
  return useQuery({
    queryKey: keys.similar(q),
    queryFn: ({ signal }) => answer(api.GET("/api/tickets", { signal, params: { query: { limit: 4, q } } })),
    refetchInterval: () => every(2 * look),
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
