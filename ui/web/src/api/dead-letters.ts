import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { every } from "../clock/attention";
import { nextCursor } from "../navigation/pages";
import { answer, api } from "./client";
import type { components } from "./schema";

export type DeadLetter = components["schemas"]["DeadLetter"];

/** What an operator can do about a dead letter. */
export type Decision = "replay" | "drop";

const key = ["dead letters"];

/** How often an operator's page looks for news, in milliseconds: what is sent again may come back. */
const calm = 3000;

/** Events that could not be delivered, oldest first. */
export function useDeadLetters() {
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam: cursor, signal }) => answer(api.GET("/api/operator/dead-letters", { signal, params: { query: { limit: 50, ...(cursor && { cursor }) } } })),
    initialPageParam: "",
    getNextPageParam: nextCursor,
    refetchInterval: () => every(calm),
  });
}

/** Sends a dead letter again, or gives it up. */
export function useDecision(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (decision: Decision): Promise<void> => {
      const params = { path: { id } };
      await answer<unknown>(decision === "drop" ? api.DELETE("/api/operator/dead-letters/{id}", { params }) : api.POST("/api/operator/dead-letters/{id}/replay", { params }));
    },
    onSettled: () => cache.invalidateQueries({ queryKey: key }),
  });
}
