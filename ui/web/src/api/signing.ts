import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "./cache";
import { answer, api, type User } from "./client";

export interface Credentials {
  email: string;
  password: string;
}

/** Somebody else looks now: forgets what only the person before could see, and reads the rest anew. */
function becomes(cache: QueryClient, user: User | null): void {
  for (const queryKey of [keys.orders, keys.payments, keys.mine, ["attachment"], ["pass"]]) cache.removeQueries({ queryKey });
  cache.setQueryData(keys.session, user);
  void cache.invalidateQueries({ queryKey: keys.tickets });
}

/** Begins a session, for a new account or one that is there. */
export function useSignIn(account: "new" | "existing") {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Credentials) =>
      account === "new" ? answer(api.POST("/api/users/signup", { body })) : answer(api.POST("/api/users/signin", { body })),
    onSuccess: ({ user }) => becomes(cache, user),
  });
}

/** Asks for a mail that lets its reader set a new password. The answer is the same where nobody has the address. */
export function useRecover() {
  return useMutation({ mutationFn: (email: string) => answer(api.POST("/api/users/recover", { body: { email } })) });
}

/** Sets a new password by what a mail's link holds, and begins a session. onDone leaves the page, before somebody is signed in. */
export function useConfirmRecovery(onDone: () => void) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: { token: string; password: string }) => answer(api.POST("/api/users/recover/confirm", { body })),
    onSuccess: ({ user }) => {
      onDone();
      becomes(cache, user);
    },
  });
}

export function useSignOut() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => answer(api.POST("/api/users/signout")),
    onSuccess: () => becomes(cache, null),
  });
}

/** Deletes the account for good, by its password. onGone leaves the pages that only its owner sees, before nobody is signed in. */
export function useDeleteAccount(onGone: () => void) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (password: string) => answer(api.DELETE("/api/users/current", { body: { password } })),
    onSuccess: () => {
      onGone();
      becomes(cache, null);
    },
  });
}
