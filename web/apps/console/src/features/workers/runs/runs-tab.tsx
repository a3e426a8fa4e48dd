import {
  Button,
  Group,
  SegmentedControl,
  Select,
  SimpleGrid,
  Skeleton,
  Stack,
  Switch,
  Text,
} from "@mantine/core"
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { useNavigate, useSearch } from "@tanstack/react-router"
import { words } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { ErrorState } from "@/components/states/error-state"
import { useChannel } from "@/lib/live"
import { keysQuery } from "@/lib/queries/account"
import { cardsQuery, type Market, type RunCard as Run, type RunPulse } from "@/lib/queries/workers"
import { MARKET_WORDS } from "../words"
import { byMarket, matches, withPulses } from "./filters"
import { FirstWorker } from "./first-worker"
import { ModeTotals } from "./mode-totals"
import { RunCard } from "./run-card"
import { RunTable } from "./run-table"

const STATES = ["open", "attention", "halted", "exiting", "error", "closed"]
const MARKETS: Market[] = ["dry_run", "paper", "sandbox", "live"]
const VIEWS = [
  { value: "cards", label: "Cards" },
  { value: "table", label: "Compare" },
]

/** All runs with live profit, grouped by mode. */
export function RunsTab() {
  const filter = useSearch({ from: "/frame/workers" })
  const [view, setView] = useState("cards")
  const finished = filter.finished === true || filter.status === "closed"
  const { data, error, isPending, refetch } = useQuery({
    ...cardsQuery(finished),
    placeholderData: keepPreviousData,
  })
  const pulses = useChannel<RunPulse[]>("runs")
  if (isPending) return <Outline />
  if (error && !data) return <ErrorState error={error} what="Your runs" retry={refetch} />
  const all = withPulses(data, pulses)
  const shown = all.filter((run) => matches(run, filter))
  return (
    <Stack gap="md">
      <Group justify="space-between" gap="sm">
        <Filters />
        <SegmentedControl data={VIEWS} value={view} onChange={setView} aria-label="View" />
      </Group>
      {all.length === 0 && !finished && <FirstWorker />}
      {shown.length === 0 && (all.length > 0 || finished) && <NoMatch />}
      {byMarket(shown).map(([market, runs]) => (
        <section key={market} aria-label={`${MARKET_WORDS[market]} runs`}>
          <Stack gap="sm">
            <ModeTotals market={market} runs={runs} />
            {view === "cards" ? <Cards runs={runs} /> : <RunTable market={market} runs={runs} />}
          </Stack>
        </section>
      ))}
    </Stack>
  )
}

function Cards({ runs }: { runs: Run[] }) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="sm">
      {runs.map((run) => (
        <RunCard key={run.strategy_run_id} run={run} />
      ))}
    </SimpleGrid>
  )
}

function Filters() {
  const filter = useSearch({ from: "/frame/workers" })
  const navigate = useNavigate({ from: "/workers" })
  const { data: tokens } = useQuery(keysQuery("worker"))
  const set = (change: Partial<typeof filter>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  return (
    <Group gap={8}>
      <Select
        w={150}
        placeholder="Any state"
        aria-label="State"
        clearable
        data={STATES.map((value) => ({
          value,
          label: value === "attention" ? "Needs attention" : words(value),
        }))}
        value={filter.status ?? null}
        onChange={(value) => set({ status: value ?? undefined })}
      />
      <Select
        w={120}
        placeholder="Any mode"
        aria-label="Mode"
        clearable
        data={MARKETS.map((value) => ({ value, label: MARKET_WORDS[value] }))}
        value={filter.mode ?? null}
        onChange={(value) => set({ mode: MARKETS.find((market) => market === value) })}
      />
      <Select
        w={150}
        placeholder="Any token"
        aria-label="Token"
        clearable
        data={(tokens ?? []).map((token) => ({ value: String(token.id), label: token.label }))}
        value={filter.token ? String(filter.token) : null}
        onChange={(value) => set({ token: value ? Number(value) : undefined })}
      />
      <Switch
        size="xs"
        label="Show finished"
        checked={filter.finished === true}
        onChange={(event) => set({ finished: event.currentTarget.checked || undefined })}
      />
    </Group>
  )
}

function NoMatch() {
  const navigate = useNavigate({ from: "/workers" })
  return (
    <Group gap="sm" py="lg" justify="center">
      <Text size="sm" c="dimmed">
        No runs match these filters.
      </Text>
      <Button variant="default" onClick={() => navigate({ search: {} })}>
        Show all
      </Button>
    </Group>
  )
}

function Outline() {
  return (
    <Stack gap="md" role="status" aria-busy aria-label="Loading runs">
      <Skeleton height={30} width={420} maw="100%" />
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="sm">
        {[0, 1, 2].map((i) => (
          <Skeleton key={i} height={230} />
        ))}
      </SimpleGrid>
    </Stack>
  )
}
