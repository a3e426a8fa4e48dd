import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type {
  Attention,
  BasketRules,
  ExitPlanOut,
  ModeSummary,
  OperationRules,
  PnlAt,
  ProtectedPosition,
  ProtectionDocument,
  ProtectionSnapshot,
  RunCard,
  RunLeg,
  RunLive,
  RunOrder,
  RunPage,
  RunPulse,
  RunTrade,
  Step,
  SummaryField,
  TimelineEvent,
} from "@tradertape/api/generated/types.gen.ts"

export type {
  Attention,
  BasketRules,
  ExitPlanOut,
  ModeSummary,
  OperationRules,
  PnlAt,
  ProtectedPosition,
  ProtectionDocument,
  ProtectionSnapshot,
  RunCard,
  RunLeg,
  RunLive,
  RunOrder,
  RunPage,
  RunPulse,
  RunTrade,
  Step,
  SummaryField,
  TimelineEvent,
}

/** A protection as it is sent; the server sets mode and version where they are absent. */
export type ProtectionRequest = Omit<ProtectionDocument, "mode" | "version"> &
  Partial<Pick<ProtectionDocument, "mode" | "version">>

export type Mode = RunCard["execution_mode"]
/** A mode, with the sandbox's live runs apart from those with real money. */
export type Market = Mode | "sandbox"
export type EventKind = "execution" | "decision" | "protection"

const PAGE = 50

/** Open runs and what needs attention. Refetched after events, and periodically in case one was missed. */
export const overviewQuery = queryOptions({
  queryKey: ["workers", "overview"],
  queryFn: ({ signal }) => unwrap(api.overview({ signal })),
  refetchInterval: 30_000,
})

export const cardsQuery = (finished: boolean) =>
  queryOptions({
    queryKey: ["workers", "list", finished],
    queryFn: ({ signal }) => unwrap(api.listCards({ signal, query: { finished } })),
    refetchInterval: 30_000,
  })

const path = (id: string) => ({ strategy_run_id: id })

export const runPageQuery = (id: string) =>
  queryOptions({
    queryKey: ["workers", "run", id, "page"],
    queryFn: ({ signal }) => unwrap(api.showRunPage({ signal, path: path(id) })),
    // There is no event for a heartbeat, so poll while a change is pending.
    refetchInterval: ({ state }) => (state.data && isRiskPending(state.data) ? 3_000 : 30_000),
  })

/** Whether a change of controls is pending: the worker applies it at its next heartbeat. */
export function isRiskPending({
  risk_changed_at: changedAt,
  last_heartbeat_at: heardAt,
}: Pick<RunPage, "risk_changed_at" | "last_heartbeat_at">): boolean {
  if (!changedAt) return false
  return !heardAt || Date.parse(heardAt) <= Date.parse(changedAt)
}

export const pnlLineQuery = (id: string, hours: number) =>
  queryOptions({
    queryKey: ["workers", "run", id, "line", hours],
    queryFn: ({ signal }) => unwrap(api.pnlLine({ signal, path: path(id), query: { hours } })),
  })

export const ordersQuery = (id: string) =>
  queryOptions({
    queryKey: ["workers", "run", id, "orders"],
    queryFn: async ({ signal }) => {
      const answer = await unwrap(api.workerListOrders({ signal, query: path(id) }))
      return (answer.orders as RunOrder[]).toReversed()
    },
  })

export const tradesQuery = (id: string) =>
  queryOptions({
    queryKey: ["workers", "run", id, "trades"],
    queryFn: async ({ signal }) => {
      const answer = await unwrap(api.workerListTrades({ signal, query: path(id) }))
      return (answer.trades as RunTrade[]).toReversed()
    },
  })

/** The timeline, newest first, in pages. */
export const timelineQuery = (id: string, kind: EventKind | undefined) =>
  infiniteQueryOptions({
    queryKey: ["workers", "run", id, "timeline", kind ?? ""],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        api.runTimeline({
          signal,
          path: path(id),
          query: { limit: PAGE, ...(kind && { kind }), ...(pageParam !== null && { before: pageParam }) },
        }),
      ),
    initialPageParam: null as number | null,
    getNextPageParam: (last: TimelineEvent[]) => (last.length < PAGE ? null : (last.at(-1)?.cursor ?? null)),
  })

export const runCalls = {
  exitPlan: (id: string) => unwrap(api.exitPlan({ path: path(id) })),
  exit: (id: string, reason: string, key: string) =>
    unwrap(api.workerExitRun({ path: path(id), body: { reason: reason || null, idempotency_key: key } })),
  /** resets: restart trailing; otherwise unchanged legs keep their best prices. */
  saveProtection: (id: string, document: ProtectionRequest, reason: string, resets: boolean) =>
    unwrap(
      api.workerChangeProtection({
        path: path(id),
        body: { backend_protection: { ...document }, reason: reason || null, reset_trailing: resets },
      }),
    ),
  saveRisk: (id: string, patch: Record<string, string | number | boolean>, reason: string) =>
    unwrap(api.workerPatchRisk({ path: path(id), body: { patch, reason: reason || null } })),
  cancelOrder: (id: string, orderId: string) =>
    unwrap(
      api.workerCancelOrder({
        path: { order_id: orderId },
        body: { strategy_run_id: id, variety: "regular" },
      }),
    ),
}
