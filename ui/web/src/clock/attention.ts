/** Pages look for news only while somebody looks at them: a forgotten tab must not keep functions from resting at zero. */
const patience = 5 * 60_000;

let lastSign = Date.now();
let onReturn: () => void = () => {};

function sign(): void {
  const away = !isAttentive();
  lastSign = Date.now();
  if (away) onReturn();
}

/** Whether somebody has touched the page lately. */
export function isAttentive(now: number = Date.now()): boolean {
  return now - lastSign < patience;
}

/** Begins to watch for signs of life; returned is called when somebody comes back after a while. */
export function watchAttention(returned: () => void): void {
  onReturn = returned;
  for (const kind of ["pointerdown", "pointermove", "keydown", "scroll"]) {
    globalThis.addEventListener(kind, sign, { passive: true });
  }
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") sign();
  });
}

/** The distance of two looks in milliseconds, or false while nobody is there. */
export function every(milliseconds: number): number | false {
  return isAttentive() ? milliseconds : false;
}
