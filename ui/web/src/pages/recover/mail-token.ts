/**
 * What a mail's link holds behind #, which no server is sent. It is taken out of the address at once, so that neither the history nor a
 * screen that others look at shows it for longer.
 */
export function takeToken(): string {
  const token = location.hash.slice(1);
  if (token) history.replaceState(history.state, "", location.pathname + location.search);
  return token;
}
