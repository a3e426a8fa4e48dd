import { queryOptions } from "@tanstack/react-query"
import { ApiError, unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type { Me } from "@tradertape/api/generated/types.gen.ts"

export type { Me }

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => unwrap(api.me({ signal })),
  staleTime: 60_000,
  retry: false,
})

export type SignInMethod = "link" | "password"

const USUAL_METHODS: SignInMethod[] = ["link", "password"]

/** The ways to sign in, the preferred one first; the usual order if the server does not tell. */
export const signInMethodsQuery = queryOptions({
  queryKey: ["sign-in-methods"],
  queryFn: async ({ signal }) => {
    try {
      return (await unwrap(api.signInMethods({ signal }))).methods
    } catch {
      return USUAL_METHODS
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
})

const withTotp = (totp: string | undefined) => (totp ? { totp } : {})

export const signIn = {
  requestLink: (email: string) => unwrap(api.requestLink({ body: { email } })),
  byToken: (token: string, confirm: boolean, totp?: string) =>
    unwrap(api.verifyLink({ body: { token, confirm, ...withTotp(totp) } })),
  byOtp: (email: string, otp: string, totp?: string) =>
    unwrap(api.verifyLink({ body: { email, otp, ...withTotp(totp) } })),
  byPassword: (email: string, password: string, totp?: string) =>
    unwrap(api.passwordLogin({ body: { email, password, ...withTotp(totp) } })),
}

/** Whether the server requires the authenticator code in addition to correct credentials. */
export function wantsTotp(error: unknown): boolean {
  return error instanceof ApiError && (error.code === "totp_needed" || error.code === "totp_wrong")
}

/** Whether the limits on passwords and codes are reached and only a mailed link signs in. */
export function wantsLink(error: unknown): boolean {
  return error instanceof ApiError && error.code === "link_needed"
}

export const signOut = (everywhere: boolean) => unwrap(api.logout({ body: { everywhere } }))
