import { Select } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { accountName, count, number, percent } from "@tradertape/ui/format.ts"
import { ChartColumn } from "lucide-react"
import { useState } from "react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { Loaded } from "@/components/states/loaded"
import type { Column } from "@/components/table/column"
import { DataTable } from "@/components/table/data-table"
import type { Dimension, Figures, Group } from "@/lib/queries/journal"
import classes from "./journal.module.css"
import type { TabProps } from "./tab-props"

const BY: { value: Dimension; label: string; empty: string }[] = [
  { value: "setup", label: "By setup", empty: "Give trades a setup to compare setups." },
  { value: "tag", label: "By tag", empty: "Give trades tags to compare them." },
  { value: "mistake", label: "By mistake", empty: "Note mistakes to see what they cost." },
  { value: "symbol", label: "By symbol", empty: "" },
  { value: "weekday", label: "By weekday", empty: "" },
  { value: "hour", label: "By hour", empty: "Your trades have no times." },
  { value: "side", label: "Long and short", empty: "" },
  { value: "kind", label: "By kind", empty: "" },
  { value: "held", label: "By time held", empty: "" },
  { value: "month", label: "By month", empty: "" },
  { value: "account", label: "By account", empty: "" },
]

const share = (value: number | null, decimals = 0): string =>
  value === null ? "–" : percent(value * 100, decimals)

/** Figures of the closed trades, each rate with what is known of it. */
export function AnalysisTab({ queries }: TabProps) {
  const [by, setBy] = useState<Dimension>("setup")
  const query = useQuery(queries.statistics(by))
  const chosen = BY.find(({ value }) => value === by)
  return (
    <Loaded query={query} what="The analysis">
      {({ total, groups }) =>
        total.count === 0 ? (
          <EmptyState icon={<ChartColumn size={28} />} title="No closed trade yet">
            Trades are analysed once they are closed.
          </EmptyState>
        ) : (
          <>
            <Section title={count(total.count, "closed trade")}>
              <Totals of={total} />
            </Section>
            <Section
              title="Groups"
              note="Intervals hold in 95 of 100 cases: wide ones mean too few trades to tell."
              flush
              action={
                <Select
                  aria-label="Groups"
                  data={BY.map(({ value, label }) => ({ value, label }))}
                  value={by}
                  onChange={(next) => setBy((next ?? "setup") as Dimension)}
                />
              }
            >
              {groups.length === 0 ? (
                <EmptyState icon={<ChartColumn size={28} />} title="No group">
                  {chosen?.empty || "There is nothing to group by."}
                </EmptyState>
              ) : (
                <DataTable
                  key={by}
                  label={chosen?.label ?? "Groups"}
                  rows={groups}
                  columns={COLUMNS}
                  rowKey={(row) => row.name}
                  minWidth={940}
                  maxHeight={560}
                />
              )}
            </Section>
          </>
        )
      }
    </Loaded>
  )
}

function Totals({ of }: { of: Figures }) {
  return (
    <dl className={`${classes.stats} ${classes.totals}`} aria-label="All closed trades">
      <Stat big label="Net" value={<Delta kind="money" value={of.net} />} />
      <Stat
        label="Win rate"
        value={share(of.win_rate)}
        note={`${share(of.win_rate_low)} to ${share(of.win_rate_high)}`}
      />
      <Stat
        label="Average"
        value={<Delta kind="money" value={of.average} />}
        note={
          of.average_low === null ? undefined : (
            <>
              <Amount value={of.average_low} decimals={0} /> to{" "}
              <Amount value={of.average_high} decimals={0} />
            </>
          )
        }
      />
      <Stat label="Average gain" value={<Amount value={of.average_win} decimals={0} />} />
      <Stat label="Average loss" value={<Amount value={of.average_loss} decimals={0} />} />
      <Stat label="Profit factor" hint="Gains by losses." value={number(of.profit_factor, 2)} />
      <Stat
        label="Drawdown"
        hint="The largest fall of the summed profit."
        value={<Amount value={of.drawdown} decimals={0} />}
      />
      <Stat label="Losses in a row" value={number(of.losing_streak)} />
    </dl>
  )
}

const COLUMNS: Column<Group>[] = [
  {
    id: "name",
    header: "Group",
    isText: true,
    value: (row) => row.name,
    cell: (row) => accountName(row.name),
  },
  {
    id: "count",
    header: "Trades",
    value: (row) => row.figures.count,
    cell: (row) => number(row.figures.count),
  },
  {
    id: "net",
    header: "Net (₹)",
    value: (row) => row.figures.net,
    cell: (row) => <Delta kind="money" value={row.figures.net} />,
  },
  {
    id: "average",
    header: "Average (₹)",
    value: (row) => row.figures.average,
    cell: (row) => <Delta kind="money" value={row.figures.average} />,
  },
  {
    id: "rate",
    header: "Win rate",
    value: (row) => row.figures.win_rate,
    cell: (row) => share(row.figures.win_rate),
  },
  {
    id: "interval",
    header: "95 % interval",
    value: (row) => row.figures.win_rate_low,
    cell: (row) => `${share(row.figures.win_rate_low)} to ${share(row.figures.win_rate_high)}`,
  },
  {
    id: "factor",
    header: "Profit factor",
    value: (row) => row.figures.profit_factor,
    cell: (row) => number(row.figures.profit_factor, 2),
  },
  {
    id: "best",
    header: "Best (₹)",
    value: (row) => row.figures.best,
    cell: (row) => <Amount value={row.figures.best} decimals={0} />,
  },
  {
    id: "worst",
    header: "Worst (₹)",
    value: (row) => row.figures.worst,
    cell: (row) => <Amount value={row.figures.worst} decimals={0} />,
  },
]
