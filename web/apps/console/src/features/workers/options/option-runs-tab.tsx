import { Badge, Card, SimpleGrid, Skeleton, Stack, Switch, Text } from "@mantine/core"
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { useNavigate, useSearch } from "@tanstack/react-router"
import { Layers } from "lucide-react"
import { LinkButton } from "@/components/page/link-button"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { useChannel } from "@/lib/live"
import { type OptionRunCard, optionCardsQuery } from "@/lib/queries/option-runs"
import type { RunPulse } from "@/lib/queries/workers"
import { ARMED_BY_ENTRY, aboutWords, entryWords, legWords, nowWords, statusWords } from "../option-words"
import { withPulses } from "../runs/filters"
import { RunCard } from "../runs/run-card"
import classes from "./options.module.css"

/** Runs of several option legs that are entered, protected and exited together. */
export function OptionRunsTab() {
  const { finished = false } = useSearch({ from: "/frame/workers" })
  const navigate = useNavigate({ from: "/workers" })
  const { data, error, isPending, refetch } = useQuery({
    ...optionCardsQuery(finished),
    placeholderData: keepPreviousData,
  })
  const pulses = useChannel<RunPulse[]>("runs")
  if (isPending) return <Outline />
  if (error && !data) return <ErrorState error={error} what="Your option runs" retry={refetch} />
  const live = withPulses(
    data.map(({ card }) => card),
    pulses,
  )
  return (
    <Stack gap="md">
      <Switch
        size="xs"
        label="Show finished"
        checked={finished}
        onChange={({ currentTarget: { checked } }) =>
          void navigate({ search: (old) => ({ ...old, finished: checked || undefined }), replace: true })
        }
      />
      {data.length === 0 ? (
        <NoOptionRuns finished={finished} />
      ) : (
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="sm">
          {data.map((run, index) => (
            <RunCard
              key={run.card.strategy_run_id}
              run={live[index] ?? run.card}
              idle={run.waits_for_entry ? ARMED_BY_ENTRY : undefined}
            >
              <Legs run={run} />
            </RunCard>
          ))}
        </SimpleGrid>
      )}
    </Stack>
  )
}

function Legs({ run }: { run: OptionRunCard }) {
  const { label, color } = statusWords(run.option_status)
  return (
    <div className={classes.legs}>
      <span className={classes.about}>
        <strong>{aboutWords(run)}</strong> <span className="tt-muted">{run.product}</span>{" "}
        <Badge color={color}>{label}</Badge>
      </span>
      <ul className={classes.list}>
        {run.legs.map((leg) => (
          <li key={leg.leg_id}>{legWords(leg)}</li>
        ))}
      </ul>
      {run.premium && (
        <Text size="xs" className="tt-num">
          {entryWords(run.premium.entry)}
          {run.card.status !== "closed" && `, ${nowWords(run.premium.now)}`}
        </Text>
      )}
    </div>
  )
}

function NoOptionRuns({ finished }: { finished: boolean }) {
  return (
    <Card>
      <EmptyState
        icon={<Layers size={28} />}
        title={finished ? "No option run yet" : "No option run is open"}
        action={
          <LinkButton to="/options" variant="default">
            Build a strategy
          </LinkButton>
        }
      >
        An option run is a strategy of several legs that are entered as one basket. Build one on the options
        page and create a run from it, or copy it as Python; its legs, premium and protection then appear
        here.
      </EmptyState>
    </Card>
  )
}

function Outline() {
  return (
    <SimpleGrid
      cols={{ base: 1, sm: 2, lg: 3 }}
      spacing="sm"
      role="status"
      aria-busy
      aria-label="Loading option runs"
    >
      {[0, 1, 2].map((i) => (
        <Skeleton key={i} height={270} />
      ))}
    </SimpleGrid>
  )
}
