import { Select, TextInput } from "@mantine/core"
import type { Run, SkippedSignal } from "@tradertape/api/backtest.ts"
import { count, date, number, percent, sentence, words } from "@tradertape/ui/format.ts"
import { CircleSlash, Search } from "lucide-react"
import { useMemo, useState } from "react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import type { Column } from "@/components/table/column"
import { DataTable } from "@/components/table/data-table"
import layout from "../../shared/layout.module.css"
import classes from "./tabs.module.css"

/** Signals that opened no position, with the reason. */
export default function SkippedTab({ run }: { run: Run }) {
  const [reason, setReason] = useState<string | null>(null)
  const [find, setFind] = useState("")
  const labels = useMemo(() => new Map(run.skip_breakdown.map((row) => [row.reason, row.label])), [run])
  const columns = useMemo<Column<SkippedSignal>[]>(
    () => [
      { id: "symbol", header: "Stock", isText: true, value: (s) => s.symbol, cell: (s) => s.symbol },
      { id: "date", header: "Signal", isText: true, value: (s) => s.date, cell: (s) => date(s.date) },
      {
        id: "reason",
        header: "Reason",
        isText: true,
        value: (s) => s.reason,
        cell: (s) => sentence(labels.get(s.reason) ?? words(s.reason)),
      },
      {
        id: "conviction",
        header: "Conviction",
        value: (s) => s.conviction,
        cell: (s) => number(s.conviction, 1),
      },
    ],
    [labels],
  )
  const shown = useMemo(
    () =>
      run.skipped_signals.filter(
        (one) => (!reason || one.reason === reason) && one.symbol.toLowerCase().includes(find.toLowerCase()),
      ),
    [run, reason, find],
  )
  if (run.skipped_signals.length === 0) {
    return (
      <EmptyState icon={<CircleSlash size={32} />} title="No signal was skipped">
        Every signal opened a position: cash, position and sector limits were never reached.
      </EmptyState>
    )
  }
  const all = run.skipped_signals.length
  return (
    <div className={layout.oneTwo}>
      <Section
        title="Reasons"
        note={`${count(all, "signal")} skipped of ${number(run.summary.signals_total)}`}
      >
        <dl className={layout.pairs}>
          {run.skip_breakdown.map((row) => (
            <div key={row.reason}>
              <dt>{sentence(row.label)}</dt>
              <dd>
                {number(row.signals)} ({percent((row.signals / all) * 100, 0)})
              </dd>
            </div>
          ))}
        </dl>
      </Section>
      <Section title={count(shown.length, "signal")} flush>
        <div className={classes.filters}>
          <TextInput
            size="xs"
            w={180}
            placeholder="Stock"
            aria-label="Find skipped signals"
            leftSection={<Search size={14} />}
            value={find}
            onChange={(event) => setFind(event.currentTarget.value)}
          />
          <Select
            w={260}
            placeholder="Any reason"
            aria-label="Reason"
            clearable
            data={run.skip_breakdown.map((row) => ({ value: row.reason, label: sentence(row.label) }))}
            value={reason}
            onChange={setReason}
          />
        </div>
        <DataTable
          label="Skipped signals"
          rows={shown}
          columns={columns}
          rowKey={(one) => `${one.date} ${one.symbol} ${one.reason}`}
          minWidth={520}
        />
      </Section>
    </div>
  )
}
