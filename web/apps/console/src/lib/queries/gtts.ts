import { queryOptions } from "@tanstack/react-query"
import { unwrap, unwrapPage } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type {
  ExternalGttOut,
  GttAccountOut,
  GttIn,
  GttLegIn,
  GttLegOut,
  GttOut,
} from "@tradertape/api/generated/types.gen.ts"
import { once } from "@tradertape/api/once.ts"

export type Gtt = GttOut
export type GttLeg = GttLegOut
export type GttAccount = GttAccountOut
export type ExternalGtt = ExternalGttOut
export type NewGtt = GttIn
export type NewLeg = GttLegIn

const AGAIN_MS = 20_000

/** Active GTTs or the history, polled and refetched after account events. */
export const gttsQuery = (active: boolean) =>
  queryOptions({
    queryKey: ["gtts", active ? "active" : "history"],
    queryFn: ({ signal }) => unwrapPage(api.listTriggers({ signal, query: { active, limit: 500 } })),
    refetchInterval: AGAIN_MS,
  })

export const gttAccountsQuery = queryOptions({
  queryKey: ["gtts", "accounts"],
  queryFn: ({ signal }) => unwrap(api.listTriggerAccounts({ signal })),
})

/** GTTs at brokers that other terminals created. */
export const externalGttsQuery = queryOptions({
  queryKey: ["gtts", "external"],
  queryFn: ({ signal }) => unwrap(api.listExternalTriggers({ signal })),
  refetchInterval: AGAIN_MS,
})

export const gttCalls = {
  create: (body: NewGtt) => once({ create: body }, (headers) => unwrap(api.createTrigger({ body, headers }))),
  change: (id: number, legs: NewLeg[]) =>
    once({ change: id, legs }, (headers) =>
      unwrap(api.changeTrigger({ path: { gtt_id: id }, body: { legs }, headers })),
    ),
  remove: (id: number) =>
    once({ remove: id }, (headers) => unwrap(api.deleteTrigger({ path: { gtt_id: id }, headers }))),
  settle: (id: number, broker_trigger_id: string | null) =>
    unwrap(api.settleTrigger({ path: { gtt_id: id }, body: { broker_trigger_id } })),
}
