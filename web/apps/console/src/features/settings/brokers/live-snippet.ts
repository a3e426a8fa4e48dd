/** The environment of a worker that trades live on an account at a broker. */
export function liveEnvironment(base: string, broker: string, account: string): string {
  return [
    `export KITE_ALGO_API_BASE=${base}`,
    "export KITE_ALGO_WORKER_TOKEN=kwa_…",
    `export KITE_ALGO_ACCOUNT_SCOPE=${broker}:${account}`,
    "export KITE_ALGO_EXECUTION_MODE=live",
    "export KITE_ALGO_ENABLE_LIVE=1",
  ].join("\n")
}
