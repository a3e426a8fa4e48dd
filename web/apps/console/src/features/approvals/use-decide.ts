import { useMutation, useQueryClient } from "@tanstack/react-query"
import { count } from "@tradertape/ui/format.ts"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { modelCalls, refreshModels } from "@/lib/queries/models"

export type Decision = "approve" | "reject"

const REFUSED: Record<Decision, string> = {
  approve: "A signal was not approved",
  reject: "A signal was not rejected",
}
const DONE: Record<Decision, string> = { approve: "approved, in the cart", reject: "rejected" }

interface Asked {
  ids: number[]
  decision: Decision
}

/** Approve or reject signals; those that cannot be are named with the reason. */
export function useDecide() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ ids, decision }: Asked) => modelCalls.decide(ids, decision),
    onSuccess: (results, { decision }) => {
      const refused = results.filter(({ status }) => status === null)
      const done = results.length - refused.length
      if (done > 0) notifyDone(`${count(done, "signal")} ${DONE[decision]}`)
      for (const { detail } of refused) notifyFailure(REFUSED[decision], new Error(detail))
    },
    onError: (error) => notifyFailure("Nothing was decided", error),
    onSettled: () => refreshModels(client),
  })
}
