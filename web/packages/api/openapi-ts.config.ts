import { defineConfig } from "@hey-api/openapi-ts"

// FastAPI names an operation after its function and its path; the function alone tells ours apart.
const short = (name: string) => name.replace(/_api_.*$/, "")

export default defineConfig({
  input: "./openapi.json",
  // Programs of the user call these with a key of their own, never a page.
  parser: { filters: { operations: { exclude: ["/^[A-Z]+ \\/api\\/algo-workers\\/worker\\//"] } } },
  output: { path: "./src/generated", entryFile: false },
  plugins: [
    { name: "@hey-api/client-fetch", throwOnError: true },
    "@hey-api/typescript",
    { name: "@hey-api/sdk", operations: { methodName: { name: short } } },
  ],
})
