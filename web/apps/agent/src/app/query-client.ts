import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query"
import { AgentError } from "@/lib/api"
import { sessionQuery } from "@/lib/queries"

/** A device that is revoked sees the pairing page at its next request. */
function askWhoWeAre(error: unknown): void {
  if (error instanceof AgentError && error.status === 401)
    void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey })
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: askWhoWeAre }),
  mutationCache: new MutationCache({ onError: askWhoWeAre }),
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      retry: (failures, error) => !(error instanceof AgentError && error.status > 0) && failures < 2,
    },
  },
})
