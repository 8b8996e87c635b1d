import { useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "./cache";
import { answer, api, type TicketTerms } from "./client";

export function useCreateTicket() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: TicketTerms) => answer(api.POST("/api/tickets", { body })),
    onSuccess: (ticket) => {
      cache.setQueryData(keys.ticket(ticket.id), ticket);
      void cache.invalidateQueries({ queryKey: keys.tickets, refetchType: "none" });
    },
  });
}

/** Changes a ticket, unless somebody else has changed it since version was seen. */
export function useUpdateTicket(id: string, version: number) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: TicketTerms) =>
      answer(api.PUT("/api/tickets/{id}", { params: { path: { id }, header: { "If-Match": `"${version}"` } }, body })),
    onSuccess: (ticket) => cache.setQueryData(keys.ticket(id), ticket),
    onSettled: () => cache.invalidateQueries({ queryKey: keys.tickets }),
  });
}

export function useWithdrawTicket(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => answer(api.DELETE("/api/tickets/{id}", { params: { path: { id } } })),
    onSettled: () => cache.invalidateQueries({ queryKey: keys.tickets }),
  });
}
