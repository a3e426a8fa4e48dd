import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL("./apps/console/src", import.meta.url)) } },
  test: {
    include: ["packages/*/tests/**/*.test.ts", "apps/*/tests/**/*.test.ts"],
    environment: "node",
    // A file that is imported on a busy machine takes seconds of its first test.
    testTimeout: 60_000,
  },
})
