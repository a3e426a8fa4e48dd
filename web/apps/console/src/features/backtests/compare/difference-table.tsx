import type { Run } from "@tradertape/api/backtest.ts"
import { ScrollRegion } from "@/components/page/scroll-region"
import { differencesOf } from "./differences"
import classes from "./metric-table.module.css"

interface Props {
  runs: Run[]
  names: string[]
}

/** The rules and settings in which the runs differ. */
export function DifferenceTable({ runs, names }: Props) {
  const differences = differencesOf(runs)
  if (differences.length === 0)
    return <p className={classes.none}>The rules and settings are the same; the data or the engine differ.</p>
  return (
    <ScrollRegion className={classes.frame} label="Differences of the compared runs">
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Rule or setting</th>
            {names.map((name, i) => (
              <th key={runs[i]?.run_id ?? name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {differences.map(({ label, values }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {values.map((value, i) => (
                <td key={runs[i]?.run_id ?? value} className={classes.long}>
                  {value}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  )
}
