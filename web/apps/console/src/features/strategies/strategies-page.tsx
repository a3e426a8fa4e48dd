import { Button, SegmentedControl, SimpleGrid, Skeleton, TextInput } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { useNavigate, useSearch } from "@tanstack/react-router"
import { Plus, Search, Waypoints } from "lucide-react"
import { useState } from "react"
import { PageHeader } from "@/components/page/page-header"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { latestRunsQuery } from "@/lib/queries/backtests"
import { type Strategy, strategiesQuery, type Tab } from "@/lib/queries/strategies"
import { NewStrategy } from "./new-strategy"
import classes from "./strategies.module.css"
import { StrategyCard } from "./strategy-card"

const TABS = [
  { value: "mine", label: "Mine" },
  { value: "templates", label: "Templates" },
  { value: "public", label: "Public" },
]

function matches(strategy: Strategy, find: string): boolean {
  const text = [strategy.name, strategy.description, strategy.english.summary, ...(strategy.tags ?? [])].join(
    " ",
  )
  return text.toLowerCase().includes(find.toLowerCase())
}

export function StrategiesPage() {
  const { tab = "mine", find = "" } = useSearch({ from: "/frame/strategies" })
  const navigate = useNavigate({ from: "/strategies" })
  const [isCreating, setCreating] = useState(false)
  const { data, error, isPending, refetch } = useQuery(strategiesQuery(tab))
  const latest = useQuery(latestRunsQuery)
  const lastRuns = new Map(latest.data?.map((run) => [run.strategy.id, run]))
  const shown = data?.items.filter((strategy) => matches(strategy, find))
  const show = (next: Tab) => navigate({ search: (old) => ({ ...old, tab: next }) })
  return (
    <>
      <PageHeader
        title="Strategies"
        note="A strategy is a set of rules: what to buy, when to sell, how to limit losses. Read it in plain English, test it, change it."
        action={
          <Button leftSection={<Plus size={15} />} onClick={() => setCreating(true)}>
            New strategy
          </Button>
        }
      />
      <div className={classes.tools}>
        <SegmentedControl
          data={TABS}
          value={tab}
          onChange={(value) => show(value as Tab)}
          aria-label="Which strategies"
        />
        <TextInput
          size="xs"
          className={classes.find}
          placeholder="Find by name, word or tag"
          aria-label="Find strategies"
          leftSection={<Search size={14} />}
          value={find}
          onChange={(event) => {
            const value = event.currentTarget.value || undefined
            void navigate({ search: (old) => ({ ...old, find: value }), replace: true })
          }}
        />
      </div>
      {error && <ErrorState error={error} what="Your strategies" retry={refetch} />}
      {shown?.length === 0 && <Nothing tab={tab} find={find} onTemplates={() => show("templates")} />}
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
        {isPending && [1, 2, 3].map((i) => <Skeleton key={i} height={212} />)}
        {shown?.map((strategy) => (
          <StrategyCard key={strategy.id} strategy={strategy} lastRun={lastRuns.get(strategy.id)} />
        ))}
      </SimpleGrid>
      <NewStrategy opened={isCreating} onClose={() => setCreating(false)} />
    </>
  )
}

function Nothing({ tab, find, onTemplates }: { tab: Tab; find: string; onTemplates: () => void }) {
  if (find) {
    return (
      <EmptyState icon={<Search size={32} />} title={`Nothing matches “${find}”`}>
        Try a shorter word or another tab.
      </EmptyState>
    )
  }
  if (tab === "mine") {
    return (
      <EmptyState
        icon={<Waypoints size={32} />}
        title="You have no strategies yet"
        action={<Button onClick={onTemplates}>See the templates</Button>}
      >
        Start from one of the five templates: fork it, change a rule, and run it over ten years of prices.
      </EmptyState>
    )
  }
  return (
    <EmptyState icon={<Waypoints size={32} />} title="Nothing here yet">
      {tab === "public"
        ? "Strategies shared by other users appear here."
        : "The built-in strategies appear here."}
    </EmptyState>
  )
}
