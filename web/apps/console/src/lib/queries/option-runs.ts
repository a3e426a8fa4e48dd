import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type {
  NewOptionRun,
  OptionProtectionDocument,
  OptionRunCard,
} from "@tradertape/api/generated/types.gen.ts"

export type {
  OptionEntryPreview,
  OptionLegState,
  OptionProtectionDocument,
  OptionReplay,
  OptionState,
  ReplayTrigger,
} from "@tradertape/api/generated/types.gen.ts"
export type { OptionStatus } from "@tradertape/api/options.ts"
export type { OptionRunCard }

const STATE_MS = 2_000
const LIST_MS = 5_000

const path = (id: string) => ({ strategy_run_id: id })

/** Option runs with legs and premium, polled because the premium follows the market. */
export const optionCardsQuery = (finished: boolean) =>
  queryOptions({
    queryKey: ["workers", "options", finished],
    queryFn: ({ signal }) => unwrap(api.listOptionCards({ signal, query: { finished } })),
    refetchInterval: LIST_MS,
  })

/** Legs, premium, Greeks and protection at current prices. */
export const optionStateQuery = (id: string) =>
  queryOptions({
    queryKey: ["workers", "run", id, "option"],
    queryFn: async ({ signal }) => await unwrap(api.workerShowOptionRun({ signal, path: path(id) })),
    refetchInterval: ({ state }) => (state.data?.closed_at ? false : STATE_MS),
  })

/** Margin and charges of the entry, before the run is entered. */
export const entryPreviewQuery = (id: string) =>
  queryOptions({
    queryKey: ["workers", "run", id, "entry-preview"],
    queryFn: async ({ signal }) => await unwrap(api.workerPreviewOptionEntry({ signal, path: path(id) })),
    refetchInterval: LIST_MS,
  })

export const optionCalls = {
  /** Create a run without positions. Returns its id. */
  make: async (body: NewOptionRun) => (await unwrap(api.workerCreateOptionRun({ body }))).strategy_run_id,
  /** Send all legs as one basket. Idempotent: a repeated call returns the first response. */
  enter: async (id: string) => (await unwrap(api.workerEnterOptionRun({ path: path(id), body: {} }))).result,
  saveProtection: (id: string, document: OptionProtectionDocument) =>
    unwrap(api.workerProtectOptionRun({ path: path(id), body: { ...document } })),
  /** Replay a protection on the one-minute prices since the entry; by default the saved one. */
  replay: async (id: string, document: OptionProtectionDocument | null) =>
    await unwrap(
      api.workerReplayOptionProtection({
        path: path(id),
        body: { metric_snapshots: [], protection: document && { ...document } },
      }),
    ),
}
