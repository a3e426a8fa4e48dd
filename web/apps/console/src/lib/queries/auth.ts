import { queryOptions } from "@tanstack/react-query"
import { ApiError, request } from "@tradertape/api/http.ts"

export interface Me {
  id: number
  email: string
  name: string
  is_admin: boolean
  created_at: string
  has_password: boolean
  totp_enabled: boolean
}

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => request<Me>("GET", "/auth/me", { signal }),
  staleTime: 60_000,
  retry: false,
})

export const signIn = {
  requestLink: (email: string) =>
    request<{ detail: string }>("POST", "/auth/magic-link", { body: { email } }),
  byToken: (token: string, more: { confirm: boolean; totp?: string }) =>
    request<Me>("POST", "/auth/verify-link", { body: { token, ...more } }),
  byOtp: (email: string, otp: string, totp?: string) =>
    request<Me>("POST", "/auth/verify-link", { body: { email, otp, ...(totp ? { totp } : {}) } }),
  byPassword: (email: string, password: string, totp?: string) =>
    request<Me>("POST", "/auth/password-login", { body: { email, password, ...(totp ? { totp } : {}) } }),
}

/** Whether the server wants the authenticator's code beside what was right already. */
export function wantsTotp(error: unknown): boolean {
  return error instanceof ApiError && (error.code === "totp_needed" || error.code === "totp_wrong")
}

export const signOut = (everywhere: boolean) =>
  request<unknown>("POST", "/auth/logout", { body: { everywhere } })
