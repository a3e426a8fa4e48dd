import { Button, Group, Select, Skeleton, Text, TextInput } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { useNavigate, useSearch } from "@tanstack/react-router"
import type { RunSummary } from "@tradertape/api/backtest.ts"
import { FlaskConical, GitCompareArrows, Play, Search, Trash2 } from "lucide-react"
import { useMemo, useState } from "react"
import { Confirm } from "@/components/dialog/confirm"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { Section } from "@/components/page/section"
import { RunsTable } from "@/components/runs/runs-table"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { runsQuery } from "@/lib/queries/backtests"
import { useRemoveRuns } from "./use-remove-runs"

const MAX_COMPARED = 6

function matches(run: RunSummary, find: string, tag: string | undefined): boolean {
  const text = [run.name, run.strategy.name, run.universe, run.data_set, ...run.tags].join(" ").toLowerCase()
  return text.includes(find.toLowerCase()) && (!tag || run.tags.includes(tag))
}

export function RunsPage() {
  const { find = "", tag, chosen: first } = useSearch({ from: "/frame/backtests" })
  const navigate = useNavigate({ from: "/backtests" })
  const { data, error, isPending, refetch } = useQuery(runsQuery(500))
  const [chosen, setChosen] = useState<string[]>(first ? [first] : [])
  const tags = useMemo(() => [...new Set(data?.items.flatMap((run) => run.tags))].sort(), [data])
  const shown = useMemo(() => data?.items.filter((run) => matches(run, find, tag)) ?? [], [data, find, tag])
  const selection = useMemo(
    () => ({
      ids: chosen,
      limit: MAX_COMPARED,
      toggle: (id: string) =>
        setChosen((old) => (old.includes(id) ? old.filter((one) => one !== id) : [...old, id])),
    }),
    [chosen],
  )
  return (
    <>
      <PageHeader
        title="Backtests"
        action={
          <LinkButton to="/backtests/new" leftSection={<Play size={14} />}>
            New backtest
          </LinkButton>
        }
      />
      {isPending && <Skeleton height={420} />}
      {error && <ErrorState error={error} what="Your backtests" retry={refetch} />}
      {data?.total === 0 && <NothingYet />}
      {data && data.total > 0 && (
        <Section
          title={`${shown.length} of ${data.total} runs`}
          note={
            chosen.length === 1
              ? "One is selected: select the runs to compare it with, up to six in all."
              : "Select up to six to compare their equity curves."
          }
          flush
          action={<Chosen ids={chosen} onDone={() => setChosen([])} />}
        >
          <Group gap={8} px="md" pb="sm">
            <TextInput
              size="xs"
              w={240}
              placeholder="Find by name, strategy or tag"
              aria-label="Find backtests"
              leftSection={<Search size={14} />}
              value={find}
              onChange={(event) => {
                const value = event.currentTarget.value || undefined
                void navigate({ search: (old) => ({ ...old, find: value }), replace: true })
              }}
            />
            {tags.length > 0 && (
              <Select
                w={150}
                placeholder="Any tag"
                aria-label="Tag"
                clearable
                data={tags}
                value={tag ?? null}
                onChange={(value) =>
                  navigate({ search: (old) => ({ ...old, tag: value ?? undefined }), replace: true })
                }
              />
            )}
          </Group>
          {shown.length > 0 ? (
            <RunsTable runs={shown} selection={selection} />
          ) : (
            <Text size="sm" c="dimmed" p="md">
              No run matches. Clear the search to see all.
            </Text>
          )}
        </Section>
      )}
    </>
  )
}

function Chosen({ ids, onDone }: { ids: string[]; onDone: () => void }) {
  const [isAsking, setAsking] = useState(false)
  const removing = useRemoveRuns()
  const remove = () =>
    removing.mutate(ids, {
      onSettled: () => {
        setAsking(false)
        onDone()
      },
    })
  return (
    <Group gap={6} wrap="nowrap">
      <Button
        variant="subtle"
        color="red"
        leftSection={<Trash2 size={14} />}
        disabled={ids.length === 0}
        onClick={() => setAsking(true)}
      >
        Delete
      </Button>
      <LinkButton
        to="/backtests/compare"
        search={{ ids: ids.join(",") }}
        variant="default"
        leftSection={<GitCompareArrows size={14} />}
        data-disabled={ids.length < 2 || undefined}
        aria-disabled={ids.length < 2}
        onClick={(event) => ids.length < 2 && event.preventDefault()}
      >
        Compare {ids.length > 0 ? ids.length : ""}
      </LinkButton>
      <Confirm
        opened={isAsking}
        onClose={() => setAsking(false)}
        title={ids.length === 1 ? "Delete this run?" : `Delete ${ids.length} runs?`}
        verb="Delete"
        isBusy={removing.isPending}
        onConfirm={remove}
      >
        Their trades and curves will be deleted; the strategies are kept.
      </Confirm>
    </Group>
  )
}

function NothingYet() {
  return (
    <EmptyState
      icon={<FlaskConical size={32} />}
      title="No backtest yet"
      action={<LinkButton to="/backtests/new">Set up the first one</LinkButton>}
    >
      A backtest shows what a strategy would have earned over past years, trade by trade, after charges. Every
      run is kept here for comparison.
    </EmptyState>
  )
}
