import { type QueryClient, queryOptions } from "@tanstack/react-query"
import { change, get, readSession } from "./api"
import type {
  Broker,
  Dashboard,
  Device,
  Funds,
  Holding,
  Position,
  Privacy,
  Read,
  Reconciliation,
  Rewritten,
  Saved,
  Sent,
  Settings,
  Signal,
  Status,
} from "./types"

/** The agent keeps what a broker answered for seven seconds: to ask more often shows nothing new. */
const BROKER_MS = 10_000
const OWN_MS = 4_000

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => readSession(signal),
  staleTime: Number.POSITIVE_INFINITY,
})

export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: ({ signal }) => get<Status>("/api/status", signal),
  refetchInterval: OWN_MS,
})

export const dashboardQuery = queryOptions({
  queryKey: ["dashboard"],
  queryFn: ({ signal }) => get<Dashboard>("/api/dashboard", signal),
  refetchInterval: BROKER_MS,
})

export const signalsQuery = queryOptions({
  queryKey: ["signals"],
  queryFn: ({ signal }) => get<Signal[]>("/api/signals", signal),
  refetchInterval: OWN_MS,
})

export const holdingsQuery = queryOptions({
  queryKey: ["holdings"],
  queryFn: ({ signal }) => get<Read<Holding>>("/api/holdings", signal),
  refetchInterval: BROKER_MS,
})

export const positionsQuery = queryOptions({
  queryKey: ["positions"],
  queryFn: ({ signal }) => get<Read<Position>>("/api/positions", signal),
  refetchInterval: BROKER_MS,
})

export const fundsQuery = queryOptions({
  queryKey: ["funds"],
  queryFn: ({ signal }) => get<Funds>("/api/funds", signal),
  refetchInterval: 60_000,
})

export const brokersQuery = queryOptions({
  queryKey: ["brokers"],
  queryFn: ({ signal }) => get<Broker[]>("/api/brokers", signal),
  refetchInterval: OWN_MS,
})

export const reconciliationQuery = queryOptions({
  queryKey: ["reconciliation"],
  queryFn: ({ signal }) => get<Reconciliation>("/api/reconciliation", signal),
  refetchInterval: OWN_MS,
})

export const settingsQuery = queryOptions({
  queryKey: ["settings"],
  queryFn: ({ signal }) => get<Settings>("/api/settings", signal),
})

export const devicesQuery = queryOptions({
  queryKey: ["devices"],
  queryFn: ({ signal }) => get<Device[]>("/api/devices", signal),
})

export const privacyQuery = queryOptions({
  queryKey: ["privacy"],
  queryFn: ({ signal }) => get<Privacy>("/api/privacy", signal),
})

/** before: the number of the oldest request that is shown already. */
export const sentQuery = (before?: number) =>
  queryOptions({
    queryKey: ["privacy", "sent", before ?? null],
    queryFn: ({ signal }) =>
      get<Sent[]>(before ? `/api/privacy/sent?before=${before}` : "/api/privacy/sent", signal),
  })

export const logsQuery = queryOptions({
  queryKey: ["logs"],
  queryFn: ({ signal }) => get<string[]>("/api/logs", signal),
  refetchInterval: OWN_MS,
})

export const refresh = (client: QueryClient, ...queries: { queryKey: readonly unknown[] }[]) =>
  Promise.all([statusQuery, ...queries].map(({ queryKey }) => client.invalidateQueries({ queryKey })))

const ignoreOf = (symbol: string) => `/api/reconciliation/ignores/${encodeURIComponent(symbol)}`

export const calls = {
  decide: (id: string, verdict: "approve" | "reject") =>
    change<Signal>("POST", `/api/signals/${encodeURIComponent(id)}/${verdict}`, {}),
  poll: () => change<unknown>("POST", "/api/poll", {}),
  kill: (on: boolean) => change<{ on: boolean }>("PUT", "/api/kill", { on }),
  login: (broker: string) =>
    change<{ login_url: string | null; callback?: string }>("POST", `/api/brokers/${broker}/login`, {}),
  save: (settings: Record<string, unknown>) => change<Saved>("PUT", "/api/settings", settings),
  ignore: (symbol: string, difference: number, until: string | null) =>
    change<unknown>("PUT", ignoreOf(symbol), { difference, until }),
  unignore: (symbol: string) => change<unknown>("DELETE", ignoreOf(symbol)),
  pair: (code: string, name: string) => change<{ token: string }>("POST", "/api/pairing", { code, name }),
  newCode: () => change<{ code: string; seconds: number }>("POST", "/api/pairing/code", {}),
  revoke: (id: string) => change<unknown>("DELETE", `/api/devices/${id}`),
  rewrite: (name: string, content: string) =>
    change<Rewritten>("POST", "/api/uploads/preview", { name, content }),
}
