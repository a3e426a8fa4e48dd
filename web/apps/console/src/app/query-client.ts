import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query"
import { ApiError } from "@tradertape/api/client.ts"

function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.status >= 400 && error.status < 500
}

let onSignedOut: () => void = () => {}

/** What happens when the server no longer knows us; the router sets it, once. */
export function whenSignedOut(action: () => void): void {
  onSignedOut = action
}

function watch(error: unknown): void {
  if (error instanceof ApiError && error.status === 401 && error.code === "not_authenticated") onSignedOut()
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: watch }),
  mutationCache: new MutationCache({ onError: watch }),
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (failures, error) => !isRefusal(error) && failures < 2,
      refetchOnWindowFocus: false,
    },
  },
})
