import { Link } from "@tanstack/react-router"
import type { Run } from "@tradertape/api/backtest.ts"
import { date, words } from "@tradertape/ui/format.ts"
import { ScrollRegion } from "@/components/page/scroll-region"
import { bestOf, type Figure, figureText, GROUPS, HEADLINES } from "../shared/figures"
import { fillWords } from "../shared/fill-models"
import classes from "./metric-table.module.css"

interface Props {
  runs: Run[]
  names: string[]
  colors: string[]
  marksBest: boolean
}

const SETUP: { label: string; text: (run: Run) => string }[] = [
  { label: "Universe", text: (run) => words(run.config.universe).toUpperCase() },
  { label: "From", text: (run) => date(run.config.start_date) },
  { label: "To", text: (run) => date(run.config.end_date) },
  { label: "Fills", text: (run) => fillWords(run.config.fill_model) },
  { label: "Data", text: (run) => run.data_set },
]

/** One column per run, one row per figure. */
export function MetricTable({ runs, names, colors, marksBest }: Props) {
  const groups = [{ title: "Headline", figures: HEADLINES }, ...GROUPS]
  return (
    <ScrollRegion className={classes.frame} label="Figures of the compared runs">
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Figure</th>
            {runs.map((run, i) => (
              <th key={run.run_id} scope="col">
                <span className={classes.swatch} style={{ background: colors[i] }} />
                <Link to="/backtests/$id" params={{ id: run.run_id }}>
                  {names[i]}
                </Link>
              </th>
            ))}
          </tr>
        </thead>
        {groups.map((group) => (
          <tbody key={group.title}>
            <tr className={classes.group}>
              <th scope="rowgroup" colSpan={runs.length + 1}>
                {group.title}
              </th>
            </tr>
            {group.figures.map((figure) => (
              <FigureRow key={figure.key} figure={figure} runs={runs} marksBest={marksBest} />
            ))}
          </tbody>
        ))}
        <tbody>
          <tr className={classes.group}>
            <th scope="rowgroup" colSpan={runs.length + 1}>
              Settings
            </th>
          </tr>
          {SETUP.map(({ label, text }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {runs.map((run) => (
                <td key={run.run_id}>{text(run)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  )
}

interface RowProps {
  figure: Figure
  runs: Run[]
  marksBest: boolean
}

function FigureRow({ figure, runs, marksBest }: RowProps) {
  const values = runs.map((run) => run.summary[figure.key])
  const best = marksBest ? bestOf(values, figure.better) : []
  return (
    <tr>
      <th scope="row" title={figure.hint}>
        {figure.label}
      </th>
      {runs.map((run, i) => (
        <td key={run.run_id} className={best.includes(i) ? classes.best : undefined}>
          <span>{figureText(figure.kind, values[i])}</span>
          {best.includes(i) && <span className={classes.hidden}> best</span>}
        </td>
      ))}
    </tr>
  )
}
