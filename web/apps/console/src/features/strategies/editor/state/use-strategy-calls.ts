import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { type Strategy, strategyCalls, strategyQuery } from "@/lib/queries/strategies"
import type { StrategyEditor } from "./use-strategy-editor"

/** Share the strategy with all signed-in users, or stop sharing. Local edits are kept. */
export function useShare(strategy: Strategy, editor: StrategyEditor) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (isPublic: boolean) => strategyCalls.share(strategy.id, isPublic),
    onSuccess: (shared) => {
      client.setQueryData(strategyQuery(strategy.id).queryKey, shared)
      void client.invalidateQueries({ queryKey: ["strategies", "list"] })
      if (!editor.isChanged) editor.adopt(shared)
      notifyDone(
        shared.is_public
          ? "All signed-in users can now read and fork it"
          : "Private again; existing forks are kept",
      )
    },
    onError: (error) => notifyFailure("Sharing was not changed", error),
  })
}

export function useDelete(strategy: Strategy) {
  const client = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: () => strategyCalls.remove(strategy.id),
    onSuccess: async () => {
      await navigate({ to: "/strategies" })
      client.removeQueries({ queryKey: strategyQuery(strategy.id).queryKey })
      await client.invalidateQueries({ queryKey: ["strategies", "list"] })
      notifyDone(`${strategy.name} is deleted`)
    },
    onError: (error) => notifyFailure("The strategy was not deleted", error),
  })
}
