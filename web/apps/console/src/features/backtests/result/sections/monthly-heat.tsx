import { SegmentedControl } from "@mantine/core"
import type { Run } from "@tradertape/api/backtest.ts"
import { month, signed, signedPercent } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { ChartSection } from "@/components/page/chart-section"
import { ScrollRegion } from "@/components/page/scroll-region"
import { type Against, fullStrength, heatRows, strength } from "../../shared/heat"
import classes from "./monthly-heat.module.css"

const MONTHS = Array.from({ length: 12 }, (_, i) => i + 1)

const VIEWS = [
  { value: "own", label: "Return" },
  { value: "excess", label: "Over benchmark" },
]

/** A heat map of monthly returns with one row per year. */
export function MonthlyHeat({ run }: { run: Run }) {
  const [against, setAgainst] = useState<Against>("own")
  const rows = heatRows(run.monthly_returns, run.yearly_returns, against)
  const full = fullStrength(rows.flatMap((row) => row.months))
  const fullYear = fullStrength(rows.map((row) => row.whole))
  return (
    <ChartSection
      title="Monthly returns (%)"
      file={`${run.run_id}-months`}
      rows={() => run.monthly_returns.map((row) => ({ ...row }))}
      extra={
        <SegmentedControl
          size="xs"
          data={VIEWS}
          value={against}
          onChange={(value) => setAgainst(value === "excess" ? "excess" : "own")}
          aria-label="Values shown"
        />
      }
    >
      <ScrollRegion className={classes.heatFrame} label="Monthly returns">
        <table className={classes.heat}>
          <thead>
            <tr>
              <th scope="col" aria-label="Year" />
              {MONTHS.map((number) => (
                <th key={number} scope="col">
                  {month(number)}
                </th>
              ))}
              <th scope="col">Year</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.year}>
                <th scope="row">{row.year}</th>
                {row.months.map((value, i) => (
                  <Cell key={MONTHS[i]} value={value} full={full} title={`${month(i + 1)} ${row.year}`} />
                ))}
                <Cell value={row.whole} full={fullYear} title={String(row.year)} isWhole />
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </ChartSection>
  )
}

interface CellProps {
  value: number | null
  full: number
  title: string
  isWhole?: boolean
}

function Cell({ value, full, title, isWhole = false }: CellProps) {
  if (value === null) return <td className={classes.empty} />
  const tone = value >= 0 ? "gain" : "loss"
  return (
    <td
      className={isWhole ? classes.whole : undefined}
      style={{ background: `rgba(var(--tt-rgb-${tone}), ${strength(value, full).toFixed(2)})` }}
      title={`${title}: ${signedPercent(value, 2)}`}
    >
      {signed(value, 1)}
    </td>
  )
}
