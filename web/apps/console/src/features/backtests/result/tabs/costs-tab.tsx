import { useQuery } from "@tanstack/react-query"
import type { Run } from "@tradertape/api/backtest.ts"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { number, percent, words } from "@tradertape/ui/format.ts"
import { Section } from "@/components/page/section"
import { optionsQuery } from "@/lib/queries/backtests"
import layout from "../../shared/layout.module.css"
import { chargesText } from "../../shared/settings"
import { GroupTable } from "../sections/group-table"

const PART_NAMES: Record<string, string> = {
  stt: "STT (securities transaction tax)",
  gst: "GST",
  sebi: "SEBI fee",
  transaction: "Exchange transaction charges",
  stamp: "Stamp duty",
  demat_and_other: "DP charges and other",
}

const yearName = (row: { year: number }) => String(row.year)

/** Trading costs and their share of the profit. */
export default function CostsTab({ run }: { run: Run }) {
  const { costs, summary } = run
  const options = useQuery(optionsQuery)
  const parts = Object.entries(costs.components ?? {}).filter(([, amount]) => amount !== 0)
  return (
    <div className={layout.stack}>
      <Section
        title="Costs"
        note={`Charges: ${chargesText(run.config.charges, options.data)}. Slippage is already included in the prices.`}
      >
        <dl className={layout.stats}>
          <Stat label="Profit before charges" value={<Delta kind="money" value={costs.gross_pnl} />} />
          <Stat
            label="Charges"
            value={<Amount value={costs.charges} decimals={0} />}
            hint="Brokerage, STT, exchange fees, stamp duty, GST, DP charges."
          />
          <Stat label="Slippage" value={<Amount value={costs.slippage} decimals={0} />} />
          <Stat
            label="Dividends"
            value={<Amount value={costs.dividends} decimals={0} />}
            hint="Paid in cash while positions were held; part of the net profit."
          />
          <Stat label="Net profit" value={<Delta kind="money" value={Number(summary.net_profit)} />} />
          <Stat label="Charges as % of gross profit" value={percent(summary.charges_pct_of_profit)} />
          <Stat label="Turnover (bought and sold)" value={<Amount value={costs.traded} short />} />
          <Stat
            label="Charges as % of turnover"
            value={`${number(costs.charges_bps, 1)} bps`}
            hint="1 basis point is 0.01%."
          />
          <Stat label="Including slippage" value={`${number(costs.costs_bps, 1)} bps`} />
        </dl>
      </Section>
      {parts.length > 0 && (
        <Section title="Charges by type">
          <dl className={layout.pairs}>
            {parts.map(([name, amount]) => (
              <div key={name}>
                <dt>{PART_NAMES[name] ?? words(name)}</dt>
                <dd>
                  <Amount value={amount} decimals={0} />
                </dd>
              </div>
            ))}
          </dl>
        </Section>
      )}
      <Section title="By year" flush>
        <GroupTable label="Years" head="Year" rows={run.by_year} name={yearName} />
      </Section>
    </div>
  )
}
