import { Button } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { notifyFailure } from "@/lib/notify"
import { calls } from "@/lib/queries"

/** Has the agent poll the cloud and compare now, and everything shown be read again. */
export function PollNow({ label }: { label: string }) {
  const client = useQueryClient()
  const polling = useMutation({
    mutationFn: calls.poll,
    onError: (error) => notifyFailure("The agent did not poll", error),
    onSettled: () => client.invalidateQueries(),
  })
  return (
    <Button variant="default" loading={polling.isPending} onClick={() => polling.mutate()}>
      {label}
    </Button>
  )
}
