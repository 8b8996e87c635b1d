import { useQuery } from "@tanstack/react-query";
import { keys } from "./cache";
import { answer, api, type User } from "./client";

/** Who is signed in: undefined while that is not known yet, null for nobody. */
export function useSession(): User | null | undefined {
  const { data } = useQuery({
    queryKey: keys.session,
    queryFn: async ({ signal }) => (await answer(api.GET("/api/users/currentuser", { signal }))).currentUser,
    staleTime: 60_000,
  });
  return data;
}
