import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["*.e2e.ts"],
    globalSetup: ["./system.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2, // two browsers at a time: one of them waits for an order to expire, and the system under test shares this machine
  },
});
