import { describe, expect, test } from "vitest";
import { countdown, isAnnounced } from "./countdown";
import { ServerClock } from "./server-clock";

describe("the server's clock", () => {
  /** An answer of a server whose clock is ahead by skew, received after delay, both in milliseconds. */
  function answered(clock: ServerClock, sent: number, skew: number, delay: number): void {
    const made = sent + skew + delay / 2;
    clock.observe(Math.floor(made / 1000) * 1000, sent, sent + delay);
  }

  test("is the local one as long as nothing is known", () => {
    expect(new ServerClock(() => 12345).now()).toBe(12345);
  });

  test.each([-90_000, -400, 0, 300, 3_600_000])("is found to within a second by one answer at a skew of %i ms", (skew) => {
    const clock = new ServerClock(() => 1_000_000);
    answered(clock, 1_000_000, skew, 40);
    expect(Math.abs(clock.now() - (1_000_000 + skew))).toBeLessThanOrEqual(520);
  });

  test("is found to within a tenth of a second by many answers", () => {
    const clock = new ServerClock(() => 50_000_000);
    for (let i = 0; i < 60; i++) answered(clock, 50_000_000 + i * 1037, 7_654, 30);
    expect(Math.abs(clock.now() - 50_007_654)).toBeLessThan(100);
  });

  test("is learnt anew when somebody sets a clock", () => {
    const clock = new ServerClock(() => 9_000_000);
    answered(clock, 8_000_000, 0, 20);
    answered(clock, 9_000_000, 120_000, 20);
    expect(Math.abs(clock.now() - 9_120_000)).toBeLessThanOrEqual(520);
  });

  test("ignores what is no date", () => {
    const clock = new ServerClock(() => 77);
    clock.observe(Number.NaN, 0, 10);
    clock.observe(1000, 10, 0);
    expect(clock.now()).toBe(77);
  });
});

describe("a countdown", () => {
  test.each([
    [900_000, "15:00", false, false],
    [899_001, "15:00", false, false],
    [65_000, "1:05", false, false],
    [59_000, "0:59", false, true],
    [1, "0:01", false, true],
    [0, "0:00", true, true],
    [-5000, "0:00", true, true],
    [3_723_000, "1:02:03", false, false],
  ])("%i ms before the end shows %s", (left, text, over, urgent) => {
    expect(countdown(1_000_000 + left, 1_000_000)).toMatchObject({ text, over, urgent });
  });

  test("is read out now and then, not every second", () => {
    const said = Array.from({ length: 900 }, (_, i) => i + 1).filter(isAnnounced);
    expect(said).toEqual([10, 30, 60, 120, 300, 600]);
  });
});
