import { type QueryClient, queryOptions } from "@tanstack/react-query"
import { change, get, readSession } from "./api"
import type {
  Broker,
  ChosenFile,
  Correction,
  CorrectionKind,
  Dashboard,
  Device,
  Doubt,
  Funds,
  Holding,
  PastFile,
  Position,
  Privacy,
  Proposal,
  Read,
  Reconciliation,
  Resolution,
  Rewritten,
  Saved,
  Sent,
  SentFile,
  SentOrder,
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

export const doubtsQuery = queryOptions({
  queryKey: ["doubts"],
  queryFn: ({ signal }) => get<Doubt[]>("/api/orders/doubtful", signal),
  refetchInterval: BROKER_MS,
})

/** limit: rupees; empty for an order at the market. */
export const proposalQuery = (symbol: string, limit: string) =>
  queryOptions({
    queryKey: ["proposal", symbol, limit],
    queryFn: ({ signal }) =>
      get<Proposal>(
        `/api/reconciliation/orders/${encodeURIComponent(symbol)}?limit_price=${encodeURIComponent(limit)}`,
        signal,
      ),
    refetchInterval: BROKER_MS,
    gcTime: 0,
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

/** The newest files that were sent. */
export const pastFilesQuery = queryOptions({
  queryKey: ["uploads", "sent"],
  queryFn: ({ signal }) => get<PastFile[]>("/api/uploads/sent", signal),
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
  correct: (symbol: string, action: CorrectionKind, difference: number, note: string) =>
    change<Correction>("POST", "/api/reconciliation/corrections", { symbol, action, difference, note }),
  undoCorrection: (id: number) =>
    change<Correction>("POST", `/api/reconciliation/corrections/${id}/undo`, {}),
  orderCorrection: (symbol: string, difference: number, limit: string) =>
    change<SentOrder>("POST", "/api/reconciliation/orders", {
      symbol,
      difference,
      confirm: true,
      limit_price: limit,
    }),
  cancelCorrection: (key: string) =>
    change<unknown>("POST", `/api/reconciliation/orders/${encodeURIComponent(key)}/cancel`, {}),
  resolve: (key: string, said: Resolution) =>
    change<SentOrder>("POST", `/api/orders/doubtful/${encodeURIComponent(key)}/resolve`, said),
  pair: (code: string, name: string) => change<{ token: string }>("POST", "/api/pairing", { code, name }),
  newCode: () => change<{ code: string; seconds: number }>("POST", "/api/pairing/code", {}),
  revoke: (id: string) => change<unknown>("DELETE", `/api/devices/${id}`),
  rewrite: (file: ChosenFile) => change<Rewritten>("POST", "/api/uploads/preview", file),
  askAgain: (number: number) => change<SentFile>("POST", `/api/uploads/sent/${number}/ask`, {}),
  sendFile: (file: ChosenFile, accepts: boolean) =>
    change<SentFile>("POST", "/api/uploads/send", { ...file, accept_difference: accepts }),
}
