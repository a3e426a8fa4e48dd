import { defineConfig } from "@hey-api/openapi-ts"

const WORKER = "_api_algo_workers_"

// FastAPI names an operation by function and path; the function name alone is unique except for worker routes,
// which get a prefix.
function short(name: string): string {
  const own = name.replace(/_api_.*$/, "")
  return name.includes(WORKER) ? `worker_${own}` : own
}

// Called by user programs with their own key, not by the console.
const ONLY_FOR_PROGRAMS = [
  "/^[A-Z]+ \\/api\\/algo-workers\\/worker\\/(health|heartbeat|market\\/)/",
  "/^[A-Z]+ \\/api\\/algo-workers\\/worker\\/runs\\/\\{[a-z_]+\\}\\/(claim-session|heartbeat|decision-events)$/",
  "/^GET \\/api\\/algo-workers\\/.*\\/stream$/",
]

export default defineConfig({
  input: "./openapi.json",
  parser: { filters: { operations: { exclude: ONLY_FOR_PROGRAMS } } },
  output: { path: "./src/generated", entryFile: false },
  plugins: [
    { name: "@hey-api/client-fetch", throwOnError: true },
    "@hey-api/typescript",
    { name: "@hey-api/sdk", operations: { methodName: { name: short } } },
  ],
})
