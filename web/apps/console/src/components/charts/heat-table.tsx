import { month, signed, signedPercent } from "@tradertape/ui/format.ts"
import { ScrollRegion } from "../page/scroll-region"
import { fullStrength, type HeatRow, strength } from "./heat"
import classes from "./heat-table.module.css"

const MONTHS = Array.from({ length: 12 }, (_, i) => i + 1)

/** Monthly returns, one row for each year, and the year's own. */
export function HeatTable({ rows }: { rows: readonly HeatRow[] }) {
  const full = fullStrength(rows.flatMap((row) => row.months))
  const fullYear = fullStrength(rows.map((row) => row.whole))
  return (
    <ScrollRegion className={classes.heatFrame} label="Monthly returns">
      <table className={classes.heat}>
        <thead>
          <tr>
            <th scope="col">
              <span className="tt-hidden">Year</span>
            </th>
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
