/** How much time is left until something, for showing it. */
export interface Countdown {
  /** Whole seconds left, rounded up: 0 only when the time is over. */
  seconds: number;
  /** Such as 14:05, or 1:02:03. */
  text: string;
  over: boolean;
  /** Less than a minute is left. */
  urgent: boolean;
}

/** Counts down to a time; both in milliseconds since 1970. */
export function countdown(until: number, now: number): Countdown {
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const tail = String(seconds % 60).padStart(2, "0");
  const text = hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
  return { seconds, text, over: seconds === 0, urgent: seconds < 60 };
}

/** The seconds left at which a person who cannot see the clock is told. */
const announced = [600, 300, 120, 60, 30, 10];

/** Whether a screen reader should say how much time is left: not every second. */
export function isAnnounced(seconds: number): boolean {
  return announced.includes(seconds);
}
