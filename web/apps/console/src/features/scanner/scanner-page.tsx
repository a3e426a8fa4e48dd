import { Button, Select, Skeleton, Stack } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { count, date, instant } from "@tradertape/ui/format.ts"
import { ScanSearch } from "lucide-react"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { notifyDone, notifyFailure } from "@/lib/notify"
import {
  modelCalls,
  overviewOfModelsQuery,
  type Portfolio,
  portfoliosQuery,
  refreshModels,
  scannedDaysQuery,
} from "@/lib/queries/models"
import { Funnel } from "./funnel-view"
import { Ledger } from "./ledger"
import { ScanRuns } from "./scan-runs"
import { Verdicts } from "./verdicts"

const route = getRouteApi("/frame/scanner")

/** What the scans looked at, and why each stock became a signal or did not. */
export function ScannerPage() {
  const { portfolio: wanted } = route.useSearch()
  const { data, error, refetch } = useQuery(portfoliosQuery(true))
  const overview = useQuery(overviewOfModelsQuery)
  const chosen = data?.find(({ id }) => id === wanted) ?? data?.[0]
  return (
    <>
      <PageHeader
        title="Scanner"
        note={
          overview.data && `Scheduled after each trading day. Next scan ${instant(overview.data.next_scan)}.`
        }
        action={data && data.length > 0 && <ScanAll />}
      />
      {error && !data && <ErrorState error={error} what="Your portfolios" retry={() => void refetch()} />}
      {!error && !data && <Skeleton height={420} />}
      {data?.length === 0 && <NothingScanned />}
      {data && chosen && (
        <Stack gap="md">
          <OnePortfolio portfolio={chosen} portfolios={data} />
          <ScanRuns />
        </Stack>
      )}
    </>
  )
}

/** Scan every active portfolio now. */
function ScanAll() {
  const client = useQueryClient()
  const scanning = useMutation({
    mutationFn: () => modelCalls.scan({}),
    onSuccess: ({ portfolios }) => {
      const created = portfolios.reduce((sum, one) => sum + one.created, 0)
      notifyDone(`${count(portfolios.length, "portfolio")} scanned: ${count(created, "new signal")}`)
    },
    onError: (error) => notifyFailure("The scan failed", error),
    onSettled: () => refreshModels(client),
  })
  return (
    <Button
      leftSection={<ScanSearch size={14} />}
      loading={scanning.isPending}
      onClick={() => scanning.mutate()}
      title="Trade the days since the last scan of every portfolio, and propose purchases"
    >
      Scan all now
    </Button>
  )
}

function OnePortfolio({ portfolio, portfolios }: { portfolio: Portfolio; portfolios: Portfolio[] }) {
  const { day: wantedDay, symbol } = route.useSearch()
  const navigate = route.useNavigate()
  const { data, error, refetch } = useQuery(scannedDaysQuery(portfolio.id))
  const day = data?.find((one) => one.day === wantedDay) ?? data?.[0]
  const choose = (next: { portfolio?: number; day?: string; symbol?: string }) =>
    void navigate({ search: (all) => ({ ...all, ...next }), replace: true, resetScroll: false })
  const fields = (
    <>
      <Select
        aria-label="Portfolio"
        allowDeselect={false}
        w={200}
        data={portfolios.map(({ id, name }) => ({ value: String(id), label: name }))}
        value={String(portfolio.id)}
        onChange={(value) => value && choose({ portfolio: Number(value), day: undefined, symbol: undefined })}
      />
      {data && day && (
        <Select
          aria-label="Day"
          allowDeselect={false}
          searchable
          w={150}
          limit={120}
          data={data.map((one) => ({ value: one.day, label: date(one.day) }))}
          value={day.day}
          onChange={(value) => value && choose({ day: value })}
        />
      )}
    </>
  )
  if (error && !data) return <ErrorState error={error} what="The scanned days" retry={() => void refetch()} />
  if (!data) return <Skeleton height={420} />
  return (
    <>
      <Funnel day={day} fields={fields} />
      {day && (
        <>
          <Verdicts
            portfolio={portfolio.id}
            day={day.day}
            symbol={symbol}
            onPick={(next) => choose({ symbol: next, day: day.day })}
          />
          {symbol && (
            <Ledger
              portfolio={portfolio.id}
              symbol={symbol}
              day={day.day}
              onDay={(next) => choose({ day: next })}
            />
          )}
        </>
      )}
    </>
  )
}

function NothingScanned() {
  return (
    <Section title="Scans">
      <EmptyState
        icon={<ScanSearch size={28} />}
        title="Nothing is scanned yet"
        action={<LinkButton to="/strategies">Choose a strategy</LinkButton>}
      >
        Deploy a strategy as a portfolio: after each trading day every stock of its universe is looked at, and
        the reason why it was a signal or not is kept here.
      </EmptyState>
    </Section>
  )
}
