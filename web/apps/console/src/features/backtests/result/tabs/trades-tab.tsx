import { Anchor, SegmentedControl, Select, TextInput } from "@mantine/core"
import { useNavigate, useSearch } from "@tanstack/react-router"
import type { Run, Trade } from "@tradertape/api/backtest.ts"
import { Search } from "lucide-react"
import { useMemo, useState } from "react"
import { Section } from "@/components/page/section"
import { DataTable } from "@/components/table/data-table"
import layout from "../../shared/layout.module.css"
import { ExcursionScatter } from "../trades/excursion-scatter"
import { exitLabel, tradeColumns } from "../trades/trade-columns"
import { TradeDrawer } from "../trades/trade-drawer"
import classes from "./tabs.module.css"
import { tradesTitle } from "./trades-title"

const OUTCOMES = [
  { value: "all", label: "All" },
  { value: "wins", label: "Wins" },
  { value: "losses", label: "Losses" },
  { value: "open", label: "Open" },
]

interface Filter {
  find: string
  exit: string | null
  outcome: string
}

function passes(trade: Trade, { find, exit, outcome }: Filter): boolean {
  const isOpen = trade.exit_date === null
  if (outcome === "open" ? !isOpen : outcome !== "all" && isOpen) return false
  if (outcome === "wins" && trade.net_pnl <= 0) return false
  if (outcome === "losses" && trade.net_pnl > 0) return false
  if (exit && exitLabel(trade) !== exit) return false
  const text = `${trade.symbol} ${trade.sector}`.toLowerCase()
  return text.includes(find.toLowerCase())
}

/** All trades, sortable and filterable; each opens on its chart. */
export default function TradesTab({ run }: { run: Run }) {
  const { trade: opened } = useSearch({ from: "/frame/backtests/$id" })
  const navigate = useNavigate({ from: "/backtests/$id" })
  const [filter, setFilter] = useState<Filter>({ find: "", exit: null, outcome: "all" })
  const all = useMemo(() => [...run.trades, ...run.open_positions], [run])
  const exits = useMemo(() => [...new Set(all.map(exitLabel))].sort(), [all])
  const shown = useMemo(() => all.filter((trade) => passes(trade, filter)), [all, filter])
  const columns = useMemo(() => tradeColumns(), [])
  const open = (trade: Trade | undefined) =>
    navigate({ search: (old) => ({ ...old, trade: trade ? String(trade.id) : undefined }), replace: true })
  const trade = all.find(({ id }) => String(id) === opened)
  const at = trade ? shown.indexOf(trade) : -1
  return (
    <div className={layout.stack}>
      <Section
        title={tradesTitle(run, shown.length)}
        note="Open a trade to see its chart."
        flush
        action={
          <Anchor href={`/api/backtest/runs/${run.run_id}/trades.csv`} size="sm">
            CSV
          </Anchor>
        }
      >
        <div className={classes.filters}>
          <TextInput
            size="xs"
            w={200}
            placeholder="Stock or sector"
            aria-label="Find trades"
            leftSection={<Search size={14} />}
            value={filter.find}
            onChange={(event) => setFilter({ ...filter, find: event.currentTarget.value })}
          />
          <Select
            w={190}
            placeholder="Any exit reason"
            aria-label="Exit reason"
            clearable
            data={exits}
            value={filter.exit}
            onChange={(exit) => setFilter({ ...filter, exit })}
          />
          <SegmentedControl
            data={OUTCOMES}
            value={filter.outcome}
            onChange={(outcome) => setFilter({ ...filter, outcome })}
            aria-label="Outcome"
          />
        </div>
        <DataTable
          label="Trades"
          rows={shown}
          columns={columns}
          rowKey={(row) => String(row.id)}
          onOpen={open}
          openedKey={opened}
          maxHeight={600}
          minWidth={1_120}
        />
      </Section>
      <ExcursionScatter run={run} onOpen={(picked) => open(picked)} />
      <TradeDrawer
        run={run}
        trade={trade}
        onClose={() => open(undefined)}
        previous={at > 0 ? () => open(shown[at - 1]) : undefined}
        next={at >= 0 && at < shown.length - 1 ? () => open(shown[at + 1]) : undefined}
      />
    </div>
  )
}
