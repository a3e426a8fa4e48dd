import { useMutation, useQueryClient } from "@tanstack/react-query"
import { count } from "@tradertape/ui/format.ts"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { runCalls } from "@/lib/queries/backtests"

export function useRemoveRuns() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (ids: string[]) => {
      for (const id of ids) await runCalls.remove(id)
    },
    onSuccess: (_nothing, ids) => notifyDone(`${count(ids.length, "run")} deleted`),
    onError: (error) => notifyFailure("Not every run was deleted", error),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["backtests", "list"] }),
        client.invalidateQueries({ queryKey: ["backtests", "latest"] }),
      ]),
  })
}
