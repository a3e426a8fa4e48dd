import { Badge, Checkbox } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { date, number, words } from "@tradertape/ui/format.ts"
import { ModeMark } from "@/components/models/mode-mark"
import type { Column } from "@/components/table/column"
import type { Portfolio } from "@/lib/queries/models"
import classes from "../portfolios.module.css"

const returned = (row: Portfolio) => (row.equity / row.starting_capital - 1) * 100

/** The columns of the list. onToggle: choose a portfolio for the comparison, or not. */
export function portfolioColumns(
  chosen: readonly number[],
  onToggle: (id: number) => void,
): Column<Portfolio>[] {
  return [
    {
      id: "name",
      header: "Portfolio",
      isText: true,
      value: (row) => row.name,
      cell: (row) => (
        <div className={classes.cell}>
          <Link to="/portfolios/$id" params={{ id: String(row.id) }} className={classes.name}>
            {row.name}
          </Link>
          <div className={classes.under}>
            {row.strategy_name} v{row.strategy_version}, {words(row.universe).toUpperCase()}
          </div>
        </div>
      ),
    },
    {
      id: "mode",
      header: "Mode",
      isText: true,
      value: (row) => (row.paper_mode ? "paper" : "live"),
      cell: (row) => <ModeMark isPaper={row.paper_mode} placedBy={row.placed_by} />,
    },
    {
      id: "status",
      header: "State",
      isText: true,
      value: (row) => row.status,
      cell: (row) => <StateBadge status={row.status} />,
    },
    {
      id: "equity",
      header: "Equity (₹)",
      value: (row) => row.equity,
      cell: (row) => <Amount value={row.equity} decimals={0} />,
    },
    {
      id: "day",
      header: "Last day (₹)",
      value: (row) => row.day_pnl,
      cell: (row) => <Delta kind="money" value={row.day_pnl} />,
    },
    {
      id: "return",
      header: "Return",
      value: returned,
      cell: (row) => <Delta value={returned(row)} decimals={2} />,
    },
    {
      id: "positions",
      header: "Positions",
      value: (row) => row.open_positions,
      cell: (row) => `${number(row.open_positions)} of ${number(row.max_positions)}`,
    },
    {
      id: "until",
      header: "Scanned to",
      value: (row) => row.traded_until,
      cell: (row) => date(row.traded_until),
    },
    {
      id: "compare",
      header: "Compare",
      value: (row) => (chosen.includes(row.id) ? 1 : 0),
      isSortable: false,
      cell: (row) => (
        <Checkbox
          aria-label={`Compare ${row.name}`}
          checked={chosen.includes(row.id)}
          onChange={() => onToggle(row.id)}
          style={{ display: "inline-block" }}
        />
      ),
    },
  ]
}

const COLOURS = { active: "iris", paused: "yellow", retired: "gray" } as const

export function StateBadge({ status }: { status: Portfolio["status"] }) {
  return <Badge color={COLOURS[status]}>{words(status)}</Badge>
}
