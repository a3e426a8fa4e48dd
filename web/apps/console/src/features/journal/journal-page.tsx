import { Progress, Stack, Tabs, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { Download, NotebookPen } from "lucide-react"
import { useMemo } from "react"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { TabStrip } from "@/components/page/tab-strip"
import { EmptyState } from "@/components/states/empty-state"
import { Loaded } from "@/components/states/loaded"
import { journalQueries } from "@/lib/queries/journal"
import { type BookStatus, bookQuery } from "@/lib/queries/wealth"
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
  { value: "lost", label: "No longer in your files", Body: LostTab },
] as const

/** Round trips of the uploaded trades, what was written about them, and what their figures say. */
export function JournalPage() {
  const status = useQuery(bookQuery)
  return (
    <>
      <PageHeader
        title="Journal"
        note="Each trade from its first purchase to its last sale, by the files you uploaded."
        action={<ExportButton icon={<Download size={14} />} />}
      />
      <Loaded query={status} what="Your journal">
        {(book) => <Journal status={book} />}
      </Loaded>
    </>
  )
}

function Journal({ status }: { status: BookStatus }) {
  const at = status.reckoned_at
  if (at === null && status.state !== "failed") return <Reckoning percent={status.percent} />
  if (at === null || (status.is_empty && status.state !== "old"))
    return (
      <EmptyState
        icon={<NotebookPen size={32} />}
        title={status.state === "failed" ? "Your trades could not be reckoned" : "No trades yet"}
        action={<LinkButton to="/uploads">Upload your tradebooks</LinkButton>}
      >
        {status.state === "failed"
          ? `${status.detail} It is tried again in five minutes.`
          : "Upload the tradebooks of your brokers: every trade appears here, to be written about and analysed."}
      </EmptyState>
    )
  return <Parts at={at} />
}

function Reckoning({ percent }: { percent: number | null }) {
  return (
    <Stack gap={8} py={40} px="md" maw={460} mx="auto" role="status">
      <Text fw={600}>Your trades are being reckoned: {percent ?? 0} %</Text>
      <Progress value={percent ?? 0} aria-label="Reckoning of your trades" />
    </Stack>
  )
}

function Parts({ at }: { at: string }) {
  const { tab = "trades" } = route.useSearch()
  const navigate = route.useNavigate()
  const queries = useMemo(() => journalQueries(at), [at])
  return (
    <Tabs
      value={tab}
      keepMounted={false}
      onChange={(next) =>
        void navigate({
          search: { tab: TABS.find(({ value }) => value === next && value !== "trades")?.value },
        })
      }
    >
      <TabStrip tabs={TABS} value={tab} />
      {TABS.map(({ value, Body }) => (
        <Tabs.Panel key={value} value={value}>
          <Body queries={queries} />
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}
