import type { ReactNode } from "react";
import { Icon, type Shape } from "./icon";

type Tone = "bad" | "good" | "calm" | "test";

const shapes: Record<Tone, Shape> = { bad: "alert", good: "check", calm: "clock", test: "shield" };

/** Something to know about. Bad news interrupts a screen reader, the rest waits for its turn. */
export function Notice({ tone, title, children }: { tone: Tone; title?: string; children?: ReactNode }) {
  return (
    <div className={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <Icon shape={shapes[tone]} />
      <div>
        {title && <strong>{title}</strong>}
        {children && <div>{children}</div>}
      </div>
    </div>
  );
}
