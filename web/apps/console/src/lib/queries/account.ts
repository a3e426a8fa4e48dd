import { queryOptions } from "@tanstack/react-query"
import { request } from "@tradertape/api/http.ts"
import type { Me } from "./auth"

export interface SessionRow {
  id: number
  is_this: boolean
  method: string
  ip: string
  user_agent: string
  created_at: string
  last_seen_at: string
  expires_at: string
}

export interface KeyRow {
  id: number
  label: string
  prefix: string
  scopes: string[]
  created_at: string
  expires_at: string | null
  last_used_at: string | null
}

export type NewKey = KeyRow & { token: string }

/** Agent keys let an agent or a script act; worker tokens let a strategy worker run. */
export type KeyKind = "agent-keys" | "worker-tokens"

export interface KeyRequest {
  label: string
  scopes: string[]
  expires_in_days: number | null
}

export const sessionsQuery = queryOptions({
  queryKey: ["account", "sessions"],
  queryFn: ({ signal }) => request<SessionRow[]>("GET", "/auth/sessions", { signal }),
})

export const keysQuery = (kind: KeyKind) =>
  queryOptions({
    queryKey: ["account", kind],
    queryFn: ({ signal }) => request<KeyRow[]>("GET", `/auth/${kind}`, { signal }),
  })

export const accountCalls = {
  rename: (name: string) => request<Me>("PUT", "/auth/profile", { body: { name } }),
  setPassword: (password: string, current: string | null) =>
    request<{ detail: string }>("PUT", "/auth/password", {
      body: current ? { password, current_password: current } : { password },
    }),
  startTotp: () => request<{ secret: string; uri: string }>("POST", "/auth/totp"),
  confirmTotp: (code: string) =>
    request<{ detail: string }>("POST", "/auth/totp/confirm", { body: { code } }),
  disableTotp: (code: string) =>
    request<{ detail: string }>("POST", "/auth/totp/disable", { body: { code } }),
  endSession: (id: number) => request<void>("DELETE", `/auth/sessions/${id}`),
  createKey: (kind: KeyKind, asked: KeyRequest) => request<NewKey>("POST", `/auth/${kind}`, { body: asked }),
  revokeKey: (kind: KeyKind, id: number) => request<void>("DELETE", `/auth/${kind}/${id}`),
}
