/** Where somebody goes back to after signing in. Only our own pages: a link must not lead people elsewhere. */
export function safeReturn(path: string | null): string {
  if (!path?.startsWith("/") || path.startsWith("//") || /[\\\s]/.test(path) || path.startsWith("/sign-")) return "/";
  return path;
}

/** The address of the page that signs in, or up, and comes back to path. */
export function signInFor(path: string, page: "/sign-in" | "/sign-up" = "/sign-in"): string {
  const back = safeReturn(path);
  return back === "/" ? page : `${page}?next=${encodeURIComponent(back)}`;
}
