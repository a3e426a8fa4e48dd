import { Select, Skeleton } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { LevelChart } from "@tradertape/ui/charts/level-chart.tsx"
import { price } from "@tradertape/ui/format.ts"
import type { IChartApi } from "lightweight-charts"
import { useMemo, useRef, useState } from "react"
import { ChartSection } from "@/components/page/chart-section"
import { ErrorState } from "@/components/states/error-state"
import { symbolOf } from "@/lib/instrument"
import { useTick } from "@/lib/live"
import { sessionCandlesQuery } from "@/lib/queries/live"
import type { ProtectionSnapshot, RunLive } from "@/lib/queries/workers"
import { levelsOf } from "./levels"

interface Props {
  names: string[]
  protection: ProtectionSnapshot | null
  live: RunLive
}

/** Candles of the session with a line at every protection level. */
export function LevelsSection({ names, protection, live }: Props) {
  const [chosen, setChosen] = useState<string | null>(null)
  const name = chosen !== null && names.includes(chosen) ? chosen : (names[0] ?? "")
  const { data, error, refetch } = useQuery(sessionCandlesQuery(name, "minute"))
  const tick = useTick(name, "ltp")
  const chart = useRef<IChartApi | null>(null)
  const found = levelsOf(protection, live.steps, name)
  const written = JSON.stringify(found)
  // biome-ignore lint/correctness/useExhaustiveDependencies: redraw the lines only when one of them changes
  const levels = useMemo(() => found, [written])
  const candles = useMemo(
    () =>
      [...(data?.candles ?? []), ...(data?.current ? [data.current] : [])].map(({ ts, ...rest }) => ({
        at: ts,
        ...rest,
      })),
    [data],
  )
  const levelTexts = levels.map((level) => `${level.label} ${price(level.price)}`).join(", ")
  return (
    <ChartSection
      title={`${symbolOf(name)} levels`}
      note={`${tick ? `Now ${price(tick.ltp)}. ` : ""}${levelTexts || "No levels set."}`}
      file={`levels-${symbolOf(name)}`}
      png={() => chart.current?.takeScreenshot().toDataURL()}
      rows={() => candles.map(({ at, open, high, low, close }) => ({ at, open, high, low, close }))}
      extra={
        names.length > 1 && (
          <Select w={170} data={names} value={name} onChange={setChosen} aria-label="Instrument" />
        )
      }
    >
      {error && !data ? (
        <ErrorState error={error} what="The candles" retry={refetch} />
      ) : data ? (
        <LevelChart
          candles={candles}
          levels={levels}
          price={tick?.ltp}
          height={300}
          label={`One-minute candles of ${name} with the protection's levels`}
          onReady={(made) => {
            chart.current = made
          }}
        />
      ) : (
        <Skeleton height={300} />
      )}
    </ChartSection>
  )
}
