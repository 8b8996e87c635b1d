import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { root: import.meta.dirname, include: ["*.bench.ts"], globalSetup: ["./system.ts"], hookTimeout: 60_000, disableConsoleIntercept: true },
});
