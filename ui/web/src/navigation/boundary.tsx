import { Component, type ReactNode } from "react";
import { Broken } from "../parts/broken";

/** Catches what a page throws, such as a part of it that cannot be loaded because a new version was deployed. */
export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <Broken onRetry={() => globalThis.location.reload()} /> : this.props.children;
  }
}
