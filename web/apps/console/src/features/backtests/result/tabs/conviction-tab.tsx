import type { DecileGroup, Run } from "@tradertape/api/backtest.ts"
import { number, percent, signedPercent } from "@tradertape/ui/format.ts"
import { Gauge } from "lucide-react"
import { useMemo } from "react"
import { Bars } from "@/components/charts/bars"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import layout from "../../shared/layout.module.css"
import { GroupTable } from "../sections/group-table"

const asPercent = (value: number) => signedPercent(value, 2)
const asRate = (value: number) => percent(value, 0)
const decileName = (row: DecileGroup) =>
  `${row.decile}: ${number(row.conviction_from)} to ${number(row.conviction_to)}`

/** Whether higher conviction earns more. If the bars do not rise, the scores rank poorly. */
export default function ConvictionTab({ run }: { run: Run }) {
  const deciles = run.by_conviction_decile
  const returns = useMemo(
    () => deciles.map((d) => ({ label: String(d.decile), value: d.avg_return_pct, note: decileName(d) })),
    [deciles],
  )
  const wins = useMemo(
    () => deciles.map((d) => ({ label: String(d.decile), value: d.win_rate, note: decileName(d) })),
    [deciles],
  )
  if (deciles.length < 2) {
    return (
      <EmptyState icon={<Gauge size={32} />} title="Every signal had the same conviction">
        Add scores to the strategy (block “Conviction”) and run again: this page then shows whether a higher
        score earned more.
      </EmptyState>
    )
  }
  return (
    <div className={layout.stack}>
      <div className={layout.two}>
        <Bars
          title="Average return by conviction"
          note="Trades in ten equal groups, lowest conviction left. Useful scores rise to the right."
          file={`${run.run_id}-conviction-return`}
          bars={returns}
          format={asPercent}
          tone="sign"
          unit="%"
        />
        <Bars
          title="Win rate by conviction"
          note="The same groups."
          file={`${run.run_id}-conviction-wins`}
          bars={wins}
          format={asRate}
          tone="plain"
          unit="%"
        />
      </div>
      <Section title="Groups" flush>
        <GroupTable label="Conviction groups" head="Group: conviction" rows={deciles} name={decileName} />
      </Section>
    </div>
  )
}
