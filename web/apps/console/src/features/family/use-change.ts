import { useMutation, useQueryClient } from "@tanstack/react-query"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { refreshFamily } from "@/lib/queries/family"

/** A change of a group, told when it is done or refused; what is shown is read again either way. */
export function useChange<T = void>(
  call: (given: T) => Promise<unknown>,
  done: string,
  failed: string,
  then?: () => void,
) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: call,
    onSuccess: () => {
      notifyDone(done)
      then?.()
    },
    onError: (error) => notifyFailure(failed, error),
    onSettled: () => refreshFamily(client),
  })
}
