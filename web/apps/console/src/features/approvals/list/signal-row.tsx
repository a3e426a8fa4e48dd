import { Checkbox } from "@mantine/core"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { discreet, number } from "@tradertape/ui/format.ts"
import { ModeMark } from "@/components/models/mode-mark"
import type { Portfolio, Signal } from "@/lib/queries/models"
import classes from "../approvals.module.css"
import { countdown } from "./countdown"

interface Props {
  signal: Signal
  portfolio: Portfolio | undefined
  now: Date
  isCurrent: boolean
  isTicked: boolean
  onOpen: () => void
  onTick: () => void
}

/** A signal in a line: what, how sure, how much, and for how long. */
export function SignalRow({ signal, portfolio, now, isCurrent, isTicked, onOpen, onTick }: Props) {
  const { text, isLate } = countdown(signal.expires_at, now)
  const refusal = discreet(signal.risk_check?.results.find(({ passed }) => !passed)?.text)
  return (
    <li className={classes.row} data-current={isCurrent || undefined}>
      <Checkbox aria-label={`Select ${signal.symbol}`} checked={isTicked} onChange={onTick} />
      <button type="button" className={classes.open} onClick={onOpen} aria-pressed={isCurrent}>
        <span className={classes.symbol}>{signal.symbol}</span>
        <Amount value={signal.notional} decimals={0} />
        <span className={classes.under}>
          {portfolio && <ModeMark isPaper={portfolio.paper_mode} placedBy={portfolio.placed_by} />}{" "}
          {portfolio?.name ?? `Portfolio ${signal.portfolio_id}`}
          {signal.sector ? `, ${signal.sector}` : ""}
          {refusal && (
            <span className="tt-loss" title={refusal}>
              {" "}
              · risk check fails
            </span>
          )}
        </span>
        <span className={classes.end} data-late={isLate || undefined}>
          {text}
        </span>
        <span style={{ gridColumn: "1 / -1" }}>
          <ConvictionBar value={signal.conviction} />
        </span>
      </button>
    </li>
  )
}

/** Conviction of 0 to 100 as a bar. */
export function ConvictionBar({ value }: { value: number }) {
  return (
    <span className={classes.bar} role="img" aria-label={`Conviction ${number(value)} of 100`}>
      <span style={{ width: `${Math.min(100, Math.max(0, value))}%` }} />
    </span>
  )
}
