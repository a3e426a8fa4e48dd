import { Alert, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { CurvesChart } from "@tradertape/ui/charts/curves-chart.tsx"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { date, moneyShort } from "@tradertape/ui/format.ts"
import { useTokens } from "@tradertape/ui/use-tokens.ts"
import { useMemo } from "react"
import { ChartSection } from "@/components/page/chart-section"
import { Loaded } from "@/components/states/loaded"
import { figure } from "@/components/table/columns-of"
import { Allocation } from "./allocation"
import type { TabProps } from "./tab-props"
import classes from "./wealth.module.css"

const inPercent = (rate: number | null) => (rate === null ? null : rate * 100)

/** Net worth now and over time, and what it consists of. */
export function OverviewTab({ queries }: TabProps) {
  const summary = useQuery(queries.summary)
  return (
    <Loaded query={summary} what="The summary">
      {(all) => (
        <>
          <dl className={classes.stats} aria-label="Totals">
            <Stat
              big
              label="Net worth"
              value={<Amount value={all.net_worth} />}
              note={
                <Text component="span" size="xs" c="dimmed">
                  {all.as_of ? `at the closes of ${date(all.as_of)}` : "without market data"}
                </Text>
              }
            />
            <Stat label="Shares" value={<Amount value={all.shares} />} />
            <Stat label="Mutual funds" value={<Amount value={all.funds} />} />
            <Stat
              label="Cash"
              hint="By the closing balances of your ledgers."
              value={<Amount value={all.cash} />}
            />
            <Stat
              label="Unrealised"
              value={<Delta kind="money" decimals={2} value={figure(all.unrealised)} />}
              note={<Delta kind="money" decimals={2} value={figure(all.day_profit)} />}
              hint="Below it: what the last day of the prices changed."
            />
            <Stat label="Realised" value={<Delta kind="money" decimals={2} value={figure(all.realised)} />} />
            <Stat label="Dividends" value={<Amount value={all.dividends} />} />
            <Stat
              label="XIRR"
              hint="The yearly rate at which all purchases, sales, dividends and today's value balance."
              value={<Delta value={inPercent(all.xirr)} />}
            />
            <Stat
              label="TWR"
              hint={`The time-weighted return, which ignores when money came; below it the ${all.benchmark} over the same days.`}
              value={<Delta value={inPercent(all.twr)} against={inPercent(all.benchmark_return)} />}
              note={<Delta value={inPercent(all.benchmark_return)} />}
            />
          </dl>
          {all.warnings.length > 0 && (
            <Alert color="yellow" variant="light" title="What makes the figures incomplete">
              <ul className={classes.notes}>
                {all.warnings.map((text) => (
                  <li key={text}>{text}</li>
                ))}
              </ul>
            </Alert>
          )}
          <OverTime queries={queries} />
          <Allocation queries={queries} />
        </>
      )}
    </Loaded>
  )
}

function OverTime({ queries }: TabProps) {
  const tokens = useTokens()
  const { data } = useQuery(queries.netWorth)
  const curves = useMemo(
    () => [
      {
        label: "Shares and funds",
        color: tokens.accent,
        points: (data?.points ?? []).map(({ on, value }) => ({ date: on, value: Number(value) })),
      },
      {
        label: "Invested",
        color: tokens.muted,
        points: (data?.points ?? []).map(({ on, invested }) => ({ date: on, value: Number(invested) })),
        width: 1 as const,
        dashed: true,
      },
    ],
    [data, tokens],
  )
  if (!data || data.points.length === 0) return null
  return (
    <ChartSection
      title="Net worth over time"
      file="net-worth"
      rows={() => data.points.map((one) => ({ ...one }))}
    >
      <CurvesChart
        curves={curves}
        height={300}
        format={moneyShort}
        label="Worth of shares and funds, and money invested"
      />
    </ChartSection>
  )
}
