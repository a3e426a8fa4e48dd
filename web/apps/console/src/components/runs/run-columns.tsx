import { Badge, Checkbox } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import type { RunSummary } from "@tradertape/api/backtest.ts"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { age, date, number, percent, words } from "@tradertape/ui/format.ts"
import type { Column } from "../table/column"
import classes from "./run-columns.module.css"

export interface Selection {
  ids: string[]
  limit: number
  toggle: (id: string) => void
}

const STATUS_COLOR = {
  completed: "gray",
  running: "iris",
  queued: "gray",
  failed: "red",
  cancelled: "gray",
} as const

function nameColumn(): Column<RunSummary> {
  return {
    id: "name",
    header: "Run",
    isText: true,
    value: (run) => run.name || run.strategy.name,
    cell: (run) => (
      <span className={classes.name}>
        <Link to="/backtests/$id" params={{ id: run.run_id }}>
          {run.name || run.strategy.name}
        </Link>
        {run.simulated && (
          <Badge color="yellow" size="xs" title="Simulated prices">
            sim
          </Badge>
        )}
        {run.status !== "completed" && <Badge color={STATUS_COLOR[run.status]}>{words(run.status)}</Badge>}
      </span>
    ),
  }
}

function figureColumns(): Column<RunSummary>[] {
  return [
    {
      id: "cagr",
      header: "CAGR",
      value: (r) => r.headline?.cagr ?? null,
      cell: (r) => <Delta value={r.headline?.cagr} against={r.headline?.benchmark_cagr} />,
    },
    {
      id: "max_drawdown",
      header: "Max DD",
      value: (r) => r.headline?.max_drawdown ?? null,
      cell: (r) => <Delta value={r.headline?.max_drawdown} />,
    },
    {
      id: "sharpe",
      header: "Sharpe",
      value: (r) => r.headline?.sharpe ?? null,
      cell: (r) => number(r.headline?.sharpe, 2),
    },
    {
      id: "win_rate",
      header: "Wins",
      value: (r) => r.headline?.win_rate ?? null,
      cell: (r) => percent(r.headline?.win_rate),
    },
    {
      id: "trades",
      header: "Trades",
      value: (r) => r.headline?.total_trades ?? null,
      cell: (r) => number(r.headline?.total_trades),
    },
  ]
}

function contextColumns(now: Date): Column<RunSummary>[] {
  return [
    {
      id: "universe",
      header: "Universe",
      isText: true,
      value: (r) => r.universe,
      cell: (r) => words(r.universe).toUpperCase(),
    },
    {
      id: "period",
      header: "Period",
      isText: true,
      value: (r) => r.start_date,
      cell: (r) => `${date(r.start_date)} to ${date(r.end_date)}`,
    },
    {
      id: "tags",
      header: "Tags",
      isText: true,
      isSortable: false,
      value: (r) => r.tags.join(" "),
      cell: (r) => r.tags.map((tag) => `#${tag}`).join(" "),
    },
    { id: "created_at", header: "When", value: (r) => r.created_at, cell: (r) => age(r.created_at, now) },
  ]
}

function choiceColumn(selection: Selection): Column<RunSummary> {
  return {
    id: "choice",
    header: <span className={classes.hidden}>Select</span>,
    isText: true,
    isSortable: false,
    value: () => null,
    cell: (run) => {
      const isChosen = selection.ids.includes(run.run_id)
      return (
        <Checkbox
          size="xs"
          aria-label={`Select ${run.name || run.strategy.name}`}
          checked={isChosen}
          disabled={run.status !== "completed" || (!isChosen && selection.ids.length >= selection.limit)}
          onChange={() => selection.toggle(run.run_id)}
        />
      )
    },
  }
}

/** All columns of the run history; with a selection, a checkbox column in front. */
export function runColumns(now: Date, selection?: Selection): Column<RunSummary>[] {
  const all = [nameColumn(), ...figureColumns(), ...contextColumns(now)]
  return selection ? [choiceColumn(selection), ...all] : all
}

/** The columns that fit in a narrow table: name, figures, date. */
export function shortRunColumns(now: Date): Column<RunSummary>[] {
  return [nameColumn(), ...figureColumns(), ...contextColumns(now).slice(-1)]
}
