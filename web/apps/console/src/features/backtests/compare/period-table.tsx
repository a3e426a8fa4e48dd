import { ScrollRegion } from "@/components/page/scroll-region"
import { bestOf, type Figure, figureText } from "../shared/figures"
import { figuresOf, type Line, type PeriodFigures } from "./common-period"
import classes from "./metric-table.module.css"

const ROWS: (Pick<Figure, "label" | "kind" | "better"> & { key: keyof PeriodFigures })[] = [
  { key: "total_return", label: "Total return", kind: "signed", better: "high" },
  { key: "cagr", label: "CAGR", kind: "signed", better: "high" },
  { key: "max_drawdown", label: "Max drawdown", kind: "signed", better: "high" },
  { key: "volatility", label: "Volatility", kind: "percent", better: "low" },
  { key: "sharpe", label: "Sharpe, risk-free rate 0", kind: "ratio", better: "high" },
]

interface Props {
  lines: Line[]
  colors: string[]
}

/** The runs and their benchmarks on the same days. The best run of a row is marked; a benchmark is none. */
export function PeriodTable({ lines, colors }: Props) {
  const figures = lines.map(({ points }) => figuresOf(points))
  return (
    <ScrollRegion className={classes.frame} label="Figures of the common period">
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Common period</th>
            {lines.map(({ label, isBenchmark }, i) => (
              <th key={`${label} ${isBenchmark}`} scope="col">
                <span className={classes.swatch} style={{ background: colors[i] }} />
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ROWS.map(({ key, label, kind, better }) => {
            const best = bestOf(
              figures.map((one, i) => (lines[i]?.isBenchmark ? null : one[key])),
              better,
            )
            return (
              <tr key={key}>
                <th scope="row">{label}</th>
                {figures.map((one, i) => (
                  <td key={lines[i]?.label} className={best.includes(i) ? classes.best : undefined}>
                    {figureText(kind, one[key])}
                    {best.includes(i) && <span className={classes.hidden}> best</span>}
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
    </ScrollRegion>
  )
}
