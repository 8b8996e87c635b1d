import type { ReactNode } from "react";
import { Redirect, useLocation } from "wouter";
import { useSession } from "../api/session";
import { Loading } from "../parts/loading";
import { signInFor } from "./return-path";

/** Shows what only somebody signed in can see. Everybody else signs in first and comes back, also when a session ends in between. */
export function Private({ children }: { children: ReactNode }) {
  const session = useSession();
  const [path] = useLocation();
  if (session === undefined) return <Loading />;
  return session ? children : <Redirect to={signInFor(path)} replace />;
}
