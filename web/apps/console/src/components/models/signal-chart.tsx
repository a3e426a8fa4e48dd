import { Skeleton, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import {
  CandleChart,
  type CandleMark,
  type CandlePoint,
  type PriceLevel,
} from "@tradertape/ui/charts/candle-chart.tsx"
import { useMemo } from "react"
import { ErrorState } from "@/components/states/error-state"
import { type CandleRow, candlesQuery } from "@/lib/queries/market"

interface Props {
  symbol: string
  dataSet?: string
  start: string
  end: string
  levels: PriceLevel[]
  marks: CandleMark[]
  label: string
  height?: number
}

/** Daily candles of a stock with the price levels and the days of a signal or a position. */
export function SignalChart({ symbol, dataSet, start, end, levels, marks, label, height = 300 }: Props) {
  const { data, error, isPending, refetch } = useQuery(candlesQuery({ symbol, dataSet, start, end }))
  const candles = useMemo(() => whole(data?.candles ?? []), [data])
  const shown = useMemo(() => {
    const days = new Set(candles.map(({ date }) => date))
    return marks.filter(({ date }) => days.has(date))
  }, [candles, marks])
  if (isPending) return <Skeleton height={height + 50} />
  if (error) return <ErrorState error={error} what="The candles" retry={() => void refetch()} />
  if (candles.length === 0) return <Text c="dimmed">There are no candles of {symbol} for these days.</Text>
  return <CandleChart candles={candles} marks={shown} levels={levels} height={height} label={label} />
}

/** The candles that have all their prices. */
function whole(rows: readonly CandleRow[]): CandlePoint[] {
  return rows.flatMap(({ date, open, high, low, close, volume }) =>
    open === null || high === null || low === null || close === null
      ? []
      : [{ date, open, high, low, close, volume: volume ?? 0 }],
  )
}
