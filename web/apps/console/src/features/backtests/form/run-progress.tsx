import { Alert, Button, Group, Progress, Stack, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { duration } from "@tradertape/ui/format.ts"
import { useEffect } from "react"
import { failureText, notifyFailure } from "@/lib/notify"
import { runCalls, runStatusQuery } from "@/lib/queries/backtests"
import { useNow } from "@/lib/use-now"

interface Props {
  runId: string
  onAgain: () => void
}

const STATUS_TEXTS = { queued: "Queued", running: "Simulating day by day" } as const

/** Shows the progress of a run and opens the result when it finishes. */
export function RunProgress({ runId, onAgain }: Props) {
  const navigate = useNavigate()
  const client = useQueryClient()
  const now = useNow(500)
  const { data: run, error } = useQuery(runStatusQuery(runId))
  const cancelling = useMutation({
    mutationFn: () => runCalls.cancel(runId),
    onSuccess: (cancelled) => client.setQueryData(runStatusQuery(runId).queryKey, cancelled),
    onError: (failure) => notifyFailure("The run was not cancelled", failure),
  })
  const status = run?.status
  useEffect(() => {
    if (status !== "completed") return
    void client.invalidateQueries({ queryKey: ["backtests", "list"] })
    void client.invalidateQueries({ queryKey: ["backtests", "latest"] })
    void navigate({ to: "/backtests/$id", params: { id: runId } })
  }, [status, client, navigate, runId])
  if (error || status === "failed" || status === "cancelled") {
    const message = error ? failureText(error).message : run?.error
    return (
      <Alert
        color={status === "cancelled" ? "gray" : "red"}
        title={status === "cancelled" ? "Cancelled" : "The backtest failed"}
        role="alert"
      >
        <Stack gap={8} align="flex-start">
          {message && <Text size="sm">{message}</Text>}
          <Button variant="default" onClick={onAgain}>
            Change and run again
          </Button>
        </Stack>
      </Alert>
    )
  }
  const passed_ms = run ? now.getTime() - Date.parse(run.created_at) : 0
  return (
    <Stack gap={8} aria-live="polite">
      <Progress value={100} animated aria-label="Backtest is running" />
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          {status === "queued" ? STATUS_TEXTS.queued : STATUS_TEXTS.running},{" "}
          {duration(Math.max(0, passed_ms))}
        </Text>
        <Button
          variant="subtle"
          size="compact-xs"
          loading={cancelling.isPending}
          disabled={status !== "queued"}
          onClick={() => cancelling.mutate()}
        >
          Cancel
        </Button>
      </Group>
    </Stack>
  )
}
