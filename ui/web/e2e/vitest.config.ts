import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["*.e2e.ts"],
    globalSetup: ["./system.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false, // one browser at a time: the system under test shares this machine
  },
});
