import { ActionIcon, Alert, Badge, Button, Group, Progress, Skeleton, Stack, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { age, duration, number, percent, words } from "@tradertape/ui/format.ts"
import { Trash2 } from "lucide-react"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { notifyFailure } from "@/lib/notify"
import {
  isAtWork,
  type Study,
  type StudyDetail,
  studiesQuery,
  studyCalls,
  studyQuery,
} from "@/lib/queries/studies"
import { useNow } from "@/lib/use-now"
import { LookaheadView } from "./lookahead-view"
import { MonteCarloView } from "./monte-carlo-view"
import { StartUpView } from "./start-up-view"
import { SweepView } from "./sweep-view"
import { WalkForwardView } from "./walk-forward-view"

const TITLES: Record<string, string> = {
  sweep: "Parameter sweep",
  search: "Parameter search",
  walk_forward: "Walk-forward",
  monte_carlo: "Monte Carlo",
  lookahead: "Look-ahead check",
  recursive: "Warm-up check",
}

/** One study: its progress while it runs, then its result. */
export function StudyCard({ study, name }: { study: Study; name: (key: string) => string }) {
  const now = useNow()
  const { data, error, refetch } = useQuery(studyQuery(study.study_id))
  const client = useQueryClient()
  const renew = () => {
    void client.invalidateQueries({ queryKey: studyQuery(study.study_id).queryKey })
    if (study.run_id) void client.invalidateQueries({ queryKey: studiesQuery(study.run_id).queryKey })
  }
  const acting = useMutation({
    mutationFn: async (what: "cancel" | "resume" | "remove") => {
      await studyCalls[what](study.study_id)
    },
    onSuccess: renew,
    onError: (failure) => notifyFailure("The action failed", failure),
  })
  const shown = data ?? study
  return (
    <Section
      title={TITLES[study.kind] ?? words(study.kind)}
      note={`Started ${age(study.created_at, now)}`}
      action={
        <Group gap={6}>
          {shown.status !== "completed" && (
            <Badge color={shown.status === "failed" ? "red" : "gray"}>{words(shown.status)}</Badge>
          )}
          {!isAtWork(shown) && (
            <ActionIcon size="sm" aria-label="Delete the study" onClick={() => acting.mutate("remove")}>
              <Trash2 size={14} />
            </ActionIcon>
          )}
        </Group>
      }
    >
      {error && <ErrorState error={error} what="The study" retry={refetch} />}
      {isAtWork(shown) && <AtWork study={shown} onCancel={() => acting.mutate("cancel")} />}
      {(shown.status === "failed" || shown.status === "cancelled") && (
        <Alert color={shown.status === "failed" ? "red" : "gray"} variant="light">
          <Group justify="space-between">
            <Text size="sm">{shown.error || "Stopped. Completed parts are kept."}</Text>
            <Button variant="default" onClick={() => acting.mutate("resume")}>
              Resume
            </Button>
          </Group>
        </Alert>
      )}
      {shown.status === "completed" &&
        (data ? <Found study={data} name={name} /> : <Skeleton height={120} />)}
    </Section>
  )
}

function AtWork({ study, onCancel }: { study: Study; onCancel: () => void }) {
  const done = study.total > 0 ? (study.done / study.total) * 100 : 0
  return (
    <Stack gap={6} aria-live="polite">
      <Progress value={done} animated aria-label="Progress of the study" />
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          {number(study.done)} of {number(study.total)} ({percent(done, 0)})
          {study.eta_s === null ? "" : `, about ${duration(study.eta_s * 1_000)} left`}
        </Text>
        <Button variant="subtle" size="compact-xs" onClick={onCancel}>
          Cancel
        </Button>
      </Group>
    </Stack>
  )
}

function Found({ study, name }: { study: StudyDetail; name: (key: string) => string }) {
  const { result } = study
  switch (result?.kind) {
    case "monte_carlo":
      return <MonteCarloView result={result} />
    case "sweep":
      return <SweepView result={result} name={name} />
    case "walk_forward":
      return <WalkForwardView result={result} name={name} />
    case "lookahead":
      return <LookaheadView result={result} />
    case "recursive":
      return <StartUpView result={result} />
    default:
      return <Text size="sm">This study has no chart here; its results are available from the API.</Text>
  }
}
