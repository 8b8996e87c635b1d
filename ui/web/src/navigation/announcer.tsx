import { useEffect, useRef } from "react";
import { useLocation } from "wouter";

/** Whether the page changed since the first one: only then may its heading take the focus. */
let moved = false;

/** Whether somebody has navigated within the client. */
export function hasMoved(): boolean {
  return moved;
}

/** Begins each page at its top, as a browser does that loads one. */
export function Announcer() {
  const [path] = useLocation();
  const last = useRef(path);
  useEffect(() => {
    if (last.current === path) return;
    last.current = path;
    moved = true;
    // Going back keeps the place: the browser restores it.
    if (!navigatedBack) globalThis.scrollTo(0, 0);
    navigatedBack = false;
  }, [path]);
  return null;
}

let navigatedBack = false;
globalThis.addEventListener("popstate", () => {
  navigatedBack = true;
});
