import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { isStatus, Refusal } from "./refusal";

export const keys = {
  session: ["session"],
  paymentConfig: ["payment config"],
  tickets: ["tickets"],
  browse: (search: object) => ["tickets", "browse", search],
  ticket: (id: string) => ["tickets", "one", id],
  similar: (q: string) => ["tickets", "similar", q],
  mine: ["tickets", "mine"],
  attachment: (id: string) => ["attachment", id],
  pass: (id: string) => ["pass", id],
  orders: ["orders"],
  order: (id: string) => ["orders", "one", id],
  orderList: (statuses: readonly string[]) => ["orders", "list", statuses],
  receipt: (id: string) => ["orders", "receipt", id],
  payments: ["payments"],
  payment: (orderID: string) => ["payments", orderID],
} as const;

/** How often a read is tried again where the service could not be reached. */
const tries = 3;

/** Makes the cache of what the API answered. A session that is over is noticed at the first 401, wherever it happens. */
export function newCache(): QueryClient {
  const signedOut = (error: unknown) => {
    if (isStatus(error, 401)) cache.setQueryData(keys.session, null);
  };
  const cache = new QueryClient({
    queryCache: new QueryCache({ onError: signedOut }),
    mutationCache: new MutationCache({ onError: signedOut }),
    defaultOptions: {
      queries: {
        staleTime: 1000,
        // Without a connection a read fails and is explained, where it would wait without a word.
        networkMode: "always",
        refetchOnReconnect: true,
        retry: (failures, error) => failures < tries && error instanceof Refusal && error.passing,
        retryDelay: (attempt) => Math.min(400 * 2 ** attempt, 4000),
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
  return cache;
}
