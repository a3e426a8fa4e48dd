import { Badge, Box, Skeleton } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { age, count, date, number } from "@tradertape/ui/format.ts"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { NoMarketData } from "@/components/states/no-market-data"
import { SimulatedBadge } from "@/components/states/simulated-badge"
import { dataSetsQuery } from "@/lib/queries/market"
import { setTitle } from "@/lib/set-title"
import { useNow } from "@/lib/use-now"
import classes from "./home.module.css"

/** The available data sets, their date ranges, and the active one. */
export function DataSets() {
  const { data, error, isPending, refetch } = useQuery(dataSetsQuery)
  const now = useNow()
  if (isPending) return <Skeleton height={140} />
  if (error && !data) return <ErrorState error={error} what="The data sets" retry={refetch} />
  return (
    <Section title="Market data" note="Prices available for backtests." flush>
      {data.map((set) => (
        <div key={set.name} className={classes.set}>
          <div className={classes.setHead}>
            <span className={classes.name}>{setTitle(set.name)}</span>
            {set.active && <Badge>In use</Badge>}
            <SimulatedBadge shown={set.simulated} />
          </div>
          <div className={classes.under}>
            {count(set.symbols, "stock")}, {number(set.candles)} daily candles, {date(set.first)} to{" "}
            {date(set.last)}. Updated {age(set.updated_at, now)}
            {set.gaps > 0 ? `, ${count(set.gaps, "gap")}` : ""}.
          </div>
        </div>
      ))}
      {data.length === 0 && (
        <Box px="md" pb="md">
          <NoMarketData />
        </Box>
      )}
    </Section>
  )
}
