import { useMutation } from "@tanstack/react-query";
import { answer, api } from "./client";

/** Changes the password. This browser stays signed in, all others do not. */
export function useChangePassword() {
  return useMutation({
    mutationFn: (body: { current: string; new: string }) => answer(api.POST("/api/users/password", { body })),
  });
}
