import { defineConfig } from "@hey-api/openapi-ts"

// FastAPI names an operation after its function and its path; the function alone tells ours apart.
const short = (name: string) => name.replace(/_api_.*$/, "")

export default defineConfig({
  input: "./openapi.json",
  output: { path: "./src/generated", entryFile: false },
  plugins: [
    { name: "@hey-api/client-fetch", throwOnError: true },
    "@hey-api/typescript",
    { name: "@hey-api/sdk", operations: { methodName: { name: short } } },
  ],
})
