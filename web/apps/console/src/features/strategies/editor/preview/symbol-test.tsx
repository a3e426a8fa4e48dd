import { Alert, Select, Skeleton, Stack, Text } from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { useQuery } from "@tanstack/react-query"
import { CandleChart, type CandleMark } from "@tradertape/ui/charts/candle-chart.tsx"
import { count, number } from "@tradertape/ui/format.ts"
import { useMemo, useState } from "react"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { NoMarketData } from "@/components/states/no-market-data"
import { SimulatedBadge } from "@/components/states/simulated-badge"
import { dataSetsQuery, symbolsQuery, universesQuery } from "@/lib/queries/market"
import { signalsQuery, type TrialSignals } from "@/lib/queries/strategies"
import { useEditing } from "../state/editor-context"
import { ConvictionHistogram } from "./conviction-histogram"
import { Explained } from "./explained"
import classes from "./preview.module.css"

const YEARS = [1, 2, 3, 5]

const APART_MS = 14 * 86_400_000

/** Arrows at the signals; labelled only where they are far enough apart not to overlap. */
function marksOf(signals: TrialSignals["signals"]): CandleMark[] {
  let labelled = Number.NEGATIVE_INFINITY
  return signals.map(({ date, conviction, regime_ok }) => {
    const isApart = Date.parse(date) - labelled > APART_MS
    if (isApart) labelled = Date.parse(date)
    const text = regime_ok ? number(conviction) : "blocked"
    return { date, text: isApart ? text : "", side: "below", tone: regime_ok ? "accent" : "loss" }
  })
}

function startOf(end: string, years: number): string {
  return `${Number(end.slice(0, 4)) - years}${end.slice(4).replace("-02-29", "-02-28")}`
}

/** The signals of the current document, saved or not, for one stock, with an explanation per day. */
export default function SymbolTest() {
  const { document, problems } = useEditing()
  const [settled] = useDebouncedValue(document, 600)
  const sets = useQuery(dataSetsQuery)
  const symbols = useQuery(symbolsQuery())
  const universes = useQuery(universesQuery())
  const [symbol, setSymbol] = useState("INFY")
  const [universe, setUniverse] = useState("nifty_100")
  const [years, setYears] = useState(1)
  const [day, setDay] = useState<string | null>(null)
  const set = sets.data?.find((one) => one.active)
  const end = set?.last ?? ""
  const trial = { strategy: settled, symbol, universe }
  const found = useQuery({
    ...signalsQuery(trial, startOf(end, years), end),
    enabled: end !== "" && problems.length === 0,
  })
  const marks = useMemo(() => marksOf(found.data?.signals ?? []), [found.data])
  if (sets.data && !set) return <NoMarketData />
  const lastSignal = found.data?.signals.at(-1)?.date ?? null
  return (
    <Stack gap="md">
      <div className={classes.grid}>
        <Select
          label="Stock"
          searchable
          data={
            symbols.data?.map((row) => ({ value: row.symbol, label: `${row.symbol}: ${row.name}` })) ?? [
              symbol,
            ]
          }
          value={symbol}
          onChange={(next) => next && setSymbol(next)}
        />
        <Select
          label="As a member of"
          data={universes.data?.map(({ name, title }) => ({ value: name, label: title })) ?? [universe]}
          value={universe}
          onChange={(next) => next && setUniverse(next)}
        />
        <Select
          label="Look back"
          data={YEARS.map((value) => ({ value: String(value), label: count(value, "year") }))}
          value={String(years)}
          onChange={(next) => next && setYears(Number(next))}
        />
      </div>
      {problems.length > 0 && (
        <Alert color="red">Fix the problems first: invalid rules cannot be tested.</Alert>
      )}
      {sets.error && <ErrorState error={sets.error} what="The data sets" retry={sets.refetch} />}
      {found.isPending && !sets.error && problems.length === 0 && <Skeleton height={440} />}
      {found.error && <ErrorState error={found.error} what="The signals" retry={found.refetch} />}
      {found.data && (
        <Section
          title={`${found.data.symbol}: ${count(found.data.signals.length, "signal")}`}
          note="An arrow marks a close at which the entry conditions were met, with its conviction. Click a day to see why."
          action={<SimulatedBadge shown={found.data.simulated} />}
        >
          <CandleChart
            candles={found.data.candles}
            marks={marks}
            height={400}
            label={`Candles of ${found.data.symbol} with the strategy's signals`}
            onPick={setDay}
          />
          {found.data.signals.length === 0 && (
            <Text size="sm" c="dimmed" mt="sm">
              The entry conditions were never met for this stock in this period. Click any day to see which
              condition was not met.
            </Text>
          )}
        </Section>
      )}
      {found.data && (
        <Explained
          trial={trial}
          day={day ?? lastSignal ?? found.data.candles.at(-1)?.date ?? null}
          start={startOf(end, years)}
        />
      )}
      {found.data && <ConvictionHistogram bins={found.data.conviction_histogram} />}
    </Stack>
  )
}
