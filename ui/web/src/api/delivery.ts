import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { keys } from "./cache";
import { answer, api, type Attachment } from "./client";
import { isStatus, Refusal } from "./refusal";

/**
 * The ticket hears that it is paid a moment after the order is complete: what its buyer is refused until then is asked for
 * again, so often and at such distances in milliseconds.
 */
const untilSold = {
  retry: (failures: number, error: unknown) => failures < 60 && error instanceof Refusal && (error.status === 403 || error.passing),
  retryDelay: 500,
};

/** What a seller attaches: the code that is printed on the ticket, or the ticket as a file. */
export type Attached = { code: string } | File;

/** What is attached to a ticket; null where nothing is, or not any more. */
export function useAttachment(ticketID: string, enabled: boolean) {
  return useQuery({
    queryKey: keys.attachment(ticketID),
    enabled,
    ...untilSold,
    queryFn: async ({ signal }): Promise<Attachment | null> => {
      try {
        return await answer(api.GET("/api/tickets/{id}/attachment", { signal, params: { path: { id: ticketID } } }));
      } catch (error) {
        if (isStatus(error, 404)) return null;
        throw error;
      }
    },
  });
}

/** What admits the buyer of a paid ticket. */
export function usePass(ticketID: string) {
  return useQuery({
    queryKey: keys.pass(ticketID),
    ...untilSold,
    queryFn: ({ signal }) => answer(api.GET("/api/tickets/{id}/pass", { signal, params: { path: { id: ticketID } } })),
  });
}

/** Attaches a code or a file to a ticket, in the place of what was attached before. */
export function useAttach() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ ticketID, content }: { ticketID: string; content: Attached }) =>
      answer(api.PUT("/api/tickets/{id}/attachment", { params: { path: { id: ticketID } }, body: content as { code: string } })),
    onSuccess: (attached, { ticketID }) => cache.setQueryData(keys.attachment(ticketID), attached),
    onSettled: () => cache.invalidateQueries({ queryKey: keys.tickets }),
  });
}

export function useDetach(ticketID: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => answer(api.DELETE("/api/tickets/{id}/attachment", { params: { path: { id: ticketID } } })),
    onSuccess: () => cache.setQueryData(keys.attachment(ticketID), null),
    onSettled: () => cache.invalidateQueries({ queryKey: keys.tickets }),
  });
}
