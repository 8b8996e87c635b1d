import "react";

declare module "react" {
  interface CSSProperties {
    /** The colour of an event, in degrees. */
    "--hue"?: number;
  }
}
