import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query"
import { ApiError } from "@tradertape/api/client.ts"

function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.status >= 400 && error.status < 500
}

let onSignedOut: () => void = () => {}

/** Set what happens when the session is no longer valid. The router sets it once. */
export function whenSignedOut(action: () => void): void {
  onSignedOut = action
}

function signOutOnExpiredSession(error: unknown): void {
  if (error instanceof ApiError && error.status === 401 && error.code === "not_authenticated") onSignedOut()
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: signOutOnExpiredSession }),
  mutationCache: new MutationCache({ onError: signOutOnExpiredSession }),
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (failures, error) => !isRefusal(error) && failures < 2,
      refetchOnWindowFocus: false,
    },
  },
})
