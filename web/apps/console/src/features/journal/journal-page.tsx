import { Alert, Group, Progress, SegmentedControl, Stack, Tabs, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { count } from "@tradertape/ui/format.ts"
import { useScaled } from "@tradertape/ui/scaled.ts"
import { Download, NotebookPen } from "lucide-react"
import { useMemo } from "react"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { TabStrip } from "@/components/page/tab-strip"
import { EmptyState } from "@/components/states/empty-state"
import { Loaded } from "@/components/states/loaded"
import { ScaledNote, ScaledTrading } from "@/components/states/scaled-note"
import { type JournalStatus, journalQueries, journalStatusQuery, type Money } from "@/lib/queries/journal"
import { bookQuery } from "@/lib/queries/wealth"
import { AnalysisTab } from "./analysis-tab"
import { CalendarTab } from "./calendar-tab"
import { DiscoveryTab } from "./discovery-tab"
import { ExportButton } from "./export-button"
import { LostTab } from "./lost-tab"
import { ROUTE } from "./tab-props"
import { TradesTab } from "./trades-tab"

const route = getRouteApi(ROUTE)

const TABS = [
  { value: "trades", label: "Trades", Body: TradesTab },
  { value: "analysis", label: "Analysis", Body: AnalysisTab },
  { value: "calendar", label: "Hours and days", Body: CalendarTab },
  { value: "discovery", label: "What stands out", Body: DiscoveryTab },
  { value: "lost", label: "No longer there", Body: LostTab },
] as const

const MONEY = [
  { value: "live", label: "Live" },
  { value: "paper", label: "Paper" },
]

/** Round trips of what was traded here and uploaded, what was written about them, and what their figures say. */
export function JournalPage() {
  const status = useQuery(journalStatusQuery)
  const { money = "live" } = route.useSearch()
  return (
    <>
      <PageHeader
        title="Journal"
        note="Each trade from its first purchase to its last sale: what you traded here, and the files you uploaded."
        action={<ExportButton icon={<Download size={14} />} money={money} />}
      />
      <Loaded query={status} what="Your journal">
        {(found) => (
          <>
            <Switch status={found} money={money} />
            <Journal status={found} money={money} />
          </>
        )}
      </Loaded>
    </>
  )
}

/** Real money, or not: never both in one figure. */
function Switch({ status, money }: { status: JournalStatus; money: Money }) {
  const navigate = route.useNavigate()
  const choose = (next: string) =>
    void navigate({
      search: ({ tab }) => ({ tab, money: next === "paper" ? ("paper" as const) : undefined }),
    })
  return (
    <Group gap="sm" mb="xs">
      <SegmentedControl aria-label="Money" data={MONEY} value={money} onChange={choose} />
      <Text size="sm" c="dimmed">
        {money === "paper"
          ? "Paper accounts, paper portfolios and sandboxes: no real money."
          : "Real money, uploads included."}
        {money === "live" && status.hidden > 0 && ` ${count(status.hidden, "trade")} in both, counted once.`}
      </Text>
    </Group>
  )
}

function Journal({ status, money }: { status: JournalStatus; money: Money }) {
  const { tab } = route.useSearch()
  const { data: book } = useQuery(bookQuery)
  const factorId = money === "live" ? book?.factor_id : null
  const isTraded = money === "live" && status.scaled
  useScaled(factorId != null || isTraded)
  if (status.traded_here === "reading") return <Reading />
  if (money === "live" && status.uploads === "reckoning") return <Reckoning percent={status.percent} />
  if (money === "live" && status.uploads === "failed")
    return (
      <Alert color="red" title="Your uploads could not be reckoned">
        {status.detail} It is tried again in five minutes.
      </Alert>
    )
  if (status[money] === 0 && tab !== "lost") return <Nothing money={money} />
  return (
    <Stack gap="md">
      <ScaledNote factorId={factorId} />
      <ScaledTrading shown={isTraded && factorId == null} some="other trades" />
      <Parts at={status.version} money={money} />
    </Stack>
  )
}

function Nothing({ money }: { money: Money }) {
  return money === "paper" ? (
    <EmptyState
      icon={<NotebookPen size={32} />}
      title="No paper trades yet"
      action={<LinkButton to="/portfolios">Portfolios</LinkButton>}
    >
      Trade on paper, by a portfolio, a worker or by hand: every trade appears here once it is filled.
    </EmptyState>
  ) : (
    <EmptyState
      icon={<NotebookPen size={32} />}
      title="No trades yet"
      action={<LinkButton to="/uploads">Upload your tradebooks</LinkButton>}
    >
      What you trade here appears once it is filled. Upload the tradebooks of your brokers for all that was
      traded elsewhere.
    </EmptyState>
  )
}

function Reckoning({ percent }: { percent: number | null }) {
  return (
    <Stack gap={8} py={40} px="md" maw={460} mx="auto" role="status">
      <Text fw={600}>Your trades are being reckoned: {percent ?? 0} %</Text>
      <Progress value={percent ?? 0} aria-label="Reckoning of your trades" />
    </Stack>
  )
}

function Reading() {
  return (
    <Stack gap={8} py={40} px="md" maw={460} mx="auto" role="status">
      <Text fw={600}>Your trades are being read</Text>
      <Text size="sm" c="dimmed">
        There are thousands: this takes a few seconds after a start of the server.
      </Text>
    </Stack>
  )
}

function Parts({ at, money }: { at: string; money: Money }) {
  const { tab = "trades" } = route.useSearch()
  const navigate = route.useNavigate()
  const queries = useMemo(() => journalQueries(at, money), [at, money])
  return (
    <Tabs
      value={tab}
      keepMounted={false}
      onChange={(next) =>
        void navigate({
          search: (all) => ({
            tab: TABS.find(({ value }) => value === next && value !== "trades")?.value,
            money: all.money,
          }),
        })
      }
    >
      <TabStrip tabs={TABS} value={tab} />
      {TABS.map(({ value, Body }) => (
        <Tabs.Panel key={value} value={value}>
          <Body key={money} queries={queries} />
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}
