import { useMutation, useQueryClient } from "@tanstack/react-query"
import { notifyDone } from "@/lib/notify"
import { calls, refresh, settingsQuery } from "@/lib/queries"
import type { Saved } from "@/lib/types"

const told = ({ after_restart }: Saved) =>
  after_restart.length > 0 ? "Saved. It applies after a restart of the agent." : "Saved"

/** Writes settings into the agent's file. */
export function useSave() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (settings: Record<string, unknown>) => calls.save(settings),
    onSuccess: (saved) => notifyDone(told(saved)),
    onSettled: () => refresh(client, settingsQuery),
  })
}
