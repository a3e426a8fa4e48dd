import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { strategyCalls } from "@/lib/queries/strategies"

/** Copy a strategy into the user's account and open the copy. */
export function useFork() {
  const client = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: strategyCalls.fork,
    onSuccess: async (copy) => {
      await client.invalidateQueries({ queryKey: ["strategies", "list"] })
      notifyDone(`Your copy is ready: ${copy.name}`)
      await navigate({ to: "/strategies/$id", params: { id: String(copy.id) } })
    },
    onError: (error) => notifyFailure("The strategy was not forked", error),
  })
}
