import { Alert, Progress, Stack, Tabs, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { moment } from "@tradertape/ui/format.ts"
import { useScaled } from "@tradertape/ui/scaled.ts"
import { FileUp } from "lucide-react"
import { useMemo } from "react"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { TabStrip } from "@/components/page/tab-strip"
import { EmptyState } from "@/components/states/empty-state"
import { Loaded } from "@/components/states/loaded"
import { ScaledNote } from "@/components/states/scaled-note"
import { type BookStatus, bookQuery, wealthQueries } from "@/lib/queries/wealth"
import { DividendsTab } from "./dividends-tab"
import { FundsTab } from "./funds-tab"
import { HoldingsTab } from "./holdings-tab"
import { LedgerTab } from "./ledger-tab"
import { OverviewTab } from "./overview-tab"
import { QualityTab } from "./quality-tab"
import { RealisedTab } from "./realised-tab"
import { ROUTE } from "./tab-props"
import { TaxTab } from "./tax-tab"

const route = getRouteApi(ROUTE)

const TABS = [
  { value: "overview", label: "Overview", Body: OverviewTab },
  { value: "holdings", label: "Holdings", Body: HoldingsTab },
  { value: "funds", label: "Mutual funds", Body: FundsTab },
  { value: "realised", label: "Realised", Body: RealisedTab },
  { value: "dividends", label: "Dividends", Body: DividendsTab },
  { value: "tax", label: "Tax", Body: TaxTab },
  { value: "ledger", label: "Ledger", Body: LedgerTab },
  { value: "quality", label: "Import quality", Body: QualityTab },
] as const

/** What the person's uploaded files add up to: worth, lots, profit, tax. */
export function BookPage() {
  const status = useQuery(bookQuery)
  return (
    <>
      <PageHeader
        title="Net worth and tax"
        note="Reckoned from the files you uploaded. Not advice: have an accountant check what you file."
        action={
          <LinkButton to="/uploads" variant="default" leftSection={<FileUp size={14} />}>
            Uploads
          </LinkButton>
        }
      />
      <Loaded query={status} what="Your book">
        {(book) => <Book status={book} />}
      </Loaded>
    </>
  )
}

function Book({ status }: { status: BookStatus }) {
  useScaled(status.factor_id != null)
  const at = status.reckoned_at
  const isNothing = at === null || (status.is_empty && status.state === "old")
  if (status.state === "failed" && at === null)
    return (
      <Alert color="red" variant="light" role="alert" title="Your book could not be reckoned">
        {status.detail} It is tried again in five minutes.
      </Alert>
    )
  if (isNothing) return <Reckoning percent={status.percent} />
  if (status.is_empty)
    return (
      <EmptyState
        icon={<FileUp size={32} />}
        title="Nothing uploaded yet"
        action={<LinkButton to="/uploads">Upload your tradebooks</LinkButton>}
      >
        Upload the tradebooks of your brokers and the account statement of your mutual funds: holdings with
        their lots, profit, returns and the tax report of each year appear here.
      </EmptyState>
    )
  return (
    <Stack gap="md">
      <ScaledNote factorId={status.factor_id} />
      <Old status={status} />
      <Parts at={at} />
    </Stack>
  )
}

/** The first book is on its way. */
function Reckoning({ percent }: { percent: number | null }) {
  return (
    <Stack gap={8} py={40} px="md" maw={460} mx="auto" role="status">
      <Text fw={600}>Your book is being reckoned: {percent ?? 0} %</Text>
      <Progress value={percent ?? 0} aria-label="Reckoning of your book" />
      <Text size="sm" c="dimmed">
        Large files take up to a minute. The figures appear here by themselves.
      </Text>
    </Stack>
  )
}

/** The figures below are those of an earlier book. */
function Old({ status }: { status: BookStatus }) {
  if (status.state === "old")
    return (
      <Alert color="yellow" variant="light" role="status" title="Figures of before">
        <Stack gap={6}>
          <Text size="sm">
            Your files, the prices or the day have changed since {moment(status.reckoned_at)}. The new figures
            are being reckoned: {status.percent ?? 0} %.
          </Text>
          <Progress value={status.percent ?? 0} aria-label="Reckoning of your book" />
        </Stack>
      </Alert>
    )
  if (status.state === "failed")
    return (
      <Alert color="red" variant="light" role="alert" title="Figures of before">
        The book of {moment(status.reckoned_at)} is shown, because the new one could not be reckoned:{" "}
        {status.detail}
      </Alert>
    )
  return null
}

function Parts({ at }: { at: string }) {
  const { tab = "overview" } = route.useSearch()
  const navigate = route.useNavigate()
  const queries = useMemo(() => wealthQueries(at), [at])
  return (
    <Tabs
      value={tab}
      keepMounted={false}
      onChange={(next) =>
        void navigate({
          search: { tab: TABS.find(({ value }) => value === next && value !== "overview")?.value },
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
