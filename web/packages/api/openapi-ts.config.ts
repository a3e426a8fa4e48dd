import { defineConfig } from "@hey-api/openapi-ts"

const WORKER = "_api_algo_workers_"

// FastAPI names an operation after its function and its path; the function alone tells ours apart. Workers' calls
// share names with those of other features, so theirs say whose they are.
function short(name: string): string {
  const own = name.replace(/_api_.*$/, "")
  return name.includes(WORKER) ? `worker_${own}` : own
}

// Programs of the user call these with a key of their own; pages see the rest of the workers' routes.
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
