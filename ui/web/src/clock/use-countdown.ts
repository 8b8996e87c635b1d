import { useEffect, useState } from "react";
import { type Countdown, countdown } from "./countdown";
import { serverClock } from "./server-clock";

/** Counts down to an RFC 3339 time by the server's clock, once a second. */
export function useCountdown(until: string): Countdown {
  const end = Date.parse(until);
  const [left, setLeft] = useState(() => countdown(end, serverClock.now()));
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const tick = () => {
      const now = serverClock.now();
      setLeft(countdown(end, now));
      // The next tick is when the shown second changes, not a second from now: so none is skipped.
      if (end > now) timer = setTimeout(tick, ((end - now - 1) % 1000) + 1);
    };
    tick();
    return () => clearTimeout(timer);
  }, [end]);
  return left;
}
