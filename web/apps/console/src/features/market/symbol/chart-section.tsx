import { Badge, SegmentedControl, Skeleton } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { PriceChart } from "@tradertape/ui/charts/price-chart.tsx"
import { useHidden } from "@tradertape/ui/discreet.ts"
import { date } from "@tradertape/ui/format.ts"
import { ChartCandlestick } from "lucide-react"
import { useCallback, useMemo } from "react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { useTick } from "@/lib/live"
import { type Activity, candleHistoryQuery, sessionCandlesQuery } from "@/lib/queries/live"
import { currentPrice, drawn, followed, joined, marksOf } from "./candles"
import { historyFrom, INTERVALS, intervalOf } from "./intervals"
import { linesOf } from "./levels"

interface Props {
  id: string
  intervalId: string | undefined
  activity: Activity | undefined
  onInterval: (id: string) => void
}

const CLOCK = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
})

/** The price chart with our trades, open orders and GTTs. */
export function SymbolChart({ id, intervalId, activity, onInterval }: Props) {
  const interval = intervalOf(intervalId)
  const from = useMemo(() => historyFrom(interval, new Date()), [interval])
  const history = useQuery(candleHistoryQuery(id, interval.id, from))
  const session = useQuery(sessionCandlesQuery(id, interval.id))
  const tick = useTick(id, "full")
  const isHidden = useHidden()
  const candles = useMemo(
    () => joined(history.data?.candles ?? [], session.data?.candles ?? [], interval),
    [history.data, session.data, interval],
  )
  const current = useMemo(() => {
    const going = followed(session.data?.current ?? null, tick, interval)
    return going && currentPrice(going, tick, candles, interval)
  }, [session.data, tick, candles, interval])
  const going = current?.time
  // biome-ignore lint/correctness/useExhaustiveDependencies: their texts have quantities, which discreet mode hides
  const marks = useMemo(
    () => marksOf(activity?.fills ?? [], drawn(candles, going), interval),
    [activity, candles, going, interval, isHidden],
  )
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same
  const lines = useMemo(() => linesOf(activity), [activity, isHidden])
  const when = useCallback(
    (time: string | number) => (typeof time === "string" ? date(time) : CLOCK.format(time * 1_000)),
    [],
  )
  const failed = history.error ?? session.error
  const isEmpty = candles.length === 0 && !current
  return (
    <Section
      title="Price"
      note={session.data?.is_stale ? <Badge color="yellow">Stale prices</Badge> : undefined}
      action={
        <SegmentedControl
          aria-label="Interval"
          value={interval.id}
          onChange={onInterval}
          data={INTERVALS.map((one) => ({ value: one.id, label: one.label }))}
        />
      }
    >
      {failed && isEmpty ? (
        <ErrorState
          error={failed}
          what="The chart"
          retry={() => void Promise.all([history.refetch(), session.refetch()])}
        />
      ) : history.isPending || session.isPending ? (
        <Skeleton height={498} role="status" aria-busy aria-label="Loading candles" />
      ) : isEmpty ? (
        <EmptyState icon={<ChartCandlestick size={28} />} title="No candles yet">
          Nothing is recorded for this contract. Candles are built from its ticks from now on, while this page
          is open.
        </EmptyState>
      ) : (
        <PriceChart
          candles={candles}
          current={current}
          marks={marks}
          lines={lines}
          height={470}
          label={`Candles of ${id}, ${interval.label}`}
          when={when}
        />
      )}
    </Section>
  )
}
