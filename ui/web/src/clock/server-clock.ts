/**
 * The server's time, learnt from Date headers. An order expires by the server's clock, and people's clocks are wrong.
 *
 * A Date header names the second in which an answer was made: somewhere between sending the request and receiving the
 * answer. So each answer bounds the difference of the clocks from both sides, and several answers narrow it.
 */
export class ServerClock {
  private least = Number.NEGATIVE_INFINITY;
  private most = Number.POSITIVE_INFINITY;
  private readonly local: () => number;

  constructor(local: () => number = Date.now) {
    this.local = local;
  }

  /** Takes an answer into account; all three in milliseconds since 1970, the last two by the local clock. */
  observe(date: number, sent: number, received: number): void {
    if (!Number.isFinite(date) || received < sent) return;
    const least = date - received;
    const most = date + 1000 - sent;
    this.least = Math.max(this.least, least);
    this.most = Math.min(this.most, most);
    if (this.least > this.most) {
      // A clock was set: what was learnt before does not count any more.
      this.least = least;
      this.most = most;
    }
  }

  /** The server's time in milliseconds since 1970; the local time as long as nothing is known. */
  now(): number {
    if (!Number.isFinite(this.least)) return this.local();
    return this.local() + (this.least + this.most) / 2;
  }
}

/** The clock of the server that this page talks to. */
export const serverClock = new ServerClock();
