import { Card } from "@mantine/core"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { number } from "@tradertape/ui/format.ts"
import type { RunLive, RunPage } from "@/lib/queries/workers"
import { ARMED_BY_ENTRY } from "../option-words"
import { idleWords, stepWords } from "../words"
import classes from "./run.module.css"

interface Props {
  page: RunPage
  live: RunLive
  /** Whether the protection is armed by the entry of an option run that is still to come. */
  isArmedByEntry: boolean
}

/** The headline figures of the run at the latest prices. */
export function Figures({ page, live, isArmedByEntry }: Props) {
  const { pnl, position_count, next } = live.pulse
  const isDry = page.card.execution_mode === "dry_run"
  const isBare = !next && !isArmedByEntry && position_count > 0
  const amount = (value: number) => (isDry ? "–" : <Delta kind="money" decimals={2} value={value} />)
  return (
    <Card component="section" aria-label="Headline figures">
      <dl data-live className={`${classes.figures} ${classes.headline} ${pnl.is_stale ? classes.stale : ""}`}>
        <Stat
          big
          label="Net profit"
          hint="Realised and unrealised profit less charges, at the latest prices."
          value={amount(pnl.net)}
          note={pnl.is_stale ? "at stale prices" : undefined}
        />
        <Stat label="Realised" value={amount(pnl.realised)} />
        <Stat label="Unrealised" value={amount(pnl.unrealised)} />
        <Stat label="Charges" value={isDry ? "–" : <Amount value={pnl.charges} />} />
        <Stat label="Open positions" value={number(position_count)} />
        <Stat
          label="Next action"
          hint="The protection rule closest to acting, and how far the price is from it."
          value={
            <span className={isBare ? "tt-warn" : undefined}>
              {next ? stepWords(next) : isArmedByEntry ? ARMED_BY_ENTRY : idleWords(live.pulse)}
            </span>
          }
        />
      </dl>
    </Card>
  )
}
