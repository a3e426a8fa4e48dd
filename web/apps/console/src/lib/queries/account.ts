import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type { KeyRow, NewAgentKey, NewKey, NewWorkerToken } from "@tradertape/api/generated/types.gen.ts"

export type { KeyRow, NewKey }

/** Agent keys let an agent or a script act; worker tokens let a strategy worker run. */
export type KeyKind = "agent" | "worker"

/** A request for a new key, with the scopes of its kind. */
export type KeyRequest = { kind: "agent"; body: NewAgentKey } | { kind: "worker"; body: NewWorkerToken }

export const AGENT_SCOPES: NonNullable<NewAgentKey["scopes"]> = [
  "signals:read",
  "results:write",
  "sync:write",
  "api:read",
  "api:write",
]
export const WORKER_SCOPES: NonNullable<NewWorkerToken["scopes"]> = ["paper", "live", "data", "gtt"]

export const sessionsQuery = queryOptions({
  queryKey: ["account", "sessions"],
  queryFn: ({ signal }) => unwrap(api.sessions({ signal })),
})

/** Whether the second factor is on, and how many recovery codes are left. */
export const totpQuery = queryOptions({
  queryKey: ["account", "totp"],
  queryFn: ({ signal }) => unwrap(api.totpState({ signal })),
})

export const keysQuery = (kind: KeyKind) =>
  queryOptions({
    queryKey: ["account", "keys", kind],
    queryFn: ({ signal }) =>
      unwrap(kind === "agent" ? api.listAgentKeys({ signal }) : api.listWorkerTokens({ signal })),
  })

export const accountCalls = {
  rename: (name: string) => unwrap(api.setProfile({ body: { name } })),
  setPassword: (password: string, current: string | null) =>
    unwrap(api.setPassword({ body: current ? { password, current_password: current } : { password } })),
  startTotp: () => unwrap(api.startTotp()),
  confirmTotp: (code: string) => unwrap(api.confirmTotp({ body: { code } })),
  disableTotp: (code: string) => unwrap(api.disableTotp({ body: { code } })),
  renewRecoveryCodes: (code: string) => unwrap(api.renewRecoveryCodes({ body: { code } })),
  endSession: (id: number) => unwrap(api.endSession({ path: { session_id: id } })),
  createKey: ({ kind, body }: KeyRequest) =>
    unwrap(kind === "agent" ? api.createAgentKey({ body }) : api.createWorkerToken({ body })),
  revokeKey: (kind: KeyKind, id: number) => {
    const path = { key_id: id }
    return unwrap(kind === "agent" ? api.revokeAgentKeys({ path }) : api.revokeWorkerTokens({ path }))
  },
}
