import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { firstPage } from "./tools/chunks.ts";
import { compress } from "./tools/compress.ts";

export default defineConfig({
  plugins: [react(), compress()],
  // React has had this hook since 18; the stand-in for older ones is dead weight.
  resolve: { alias: { "use-sync-external-store/shim/index.js": "react" } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // the content security policy wants files
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1800, // the API reference, which only its readers load
    rolldownOptions: {
      input: { index: "index.html", docs: "docs.html" },
      output: { codeSplitting: { groups: [{ name: firstPage, debugName: "first page" }] } },
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"], restoreMocks: true },
});
