import { Badge, Button, Card, Group, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { bareMoney, instant, money, percent, price, quantity } from "@tradertape/ui/format.ts"
import { LogIn } from "lucide-react"
import { useState } from "react"
import { entryPreviewQuery, type OptionState } from "@/lib/queries/option-runs"
import type { RunCard } from "@/lib/queries/workers"
import { statusWords } from "../../option-words"
import classes from "../run.module.css"
import { EnterDialog } from "./enter-dialog"

const OPEN_TO_ENTRY = new Set(["created", "unwound", "rejected"])

/** The state of the strategy, its premium and its Greeks. */
export function PremiumSection({ state, card }: { state: OptionState; card: RunCard }) {
  const [isEntering, setEntering] = useState(false)
  const { label, color, meaning } = statusWords(state.option_status)
  const isOver = state.closed_at !== null
  const isOpenToEntry = OPEN_TO_ENTRY.has(state.option_status) && !isOver
  return (
    <Card component="section" aria-label="The strategy">
      <Group justify="space-between" gap="sm" mb="sm">
        <Text size="sm">
          <Badge color={color}>{label}</Badge> {meaning}
          {state.entered_at && ` Entered ${instant(state.entered_at)}.`}
        </Text>
        {isOpenToEntry && (
          <Button leftSection={<LogIn size={14} />} onClick={() => setEntering(true)}>
            Enter
          </Button>
        )}
      </Group>
      {isEntering && <EnterDialog card={card} onClose={() => setEntering(false)} />}
      <dl data-live className={`${classes.figures} ${state.is_stale ? classes.stale : ""}`}>
        <Stat label={state.underlying} value={price(state.spot_ltp)} />
        {state.premium ? (
          <Premium premium={state.premium} isOver={isOver} />
        ) : (
          isOpenToEntry && <EntryCost id={state.strategy_run_id} />
        )}
        {!isOver && state.greeks && (
          <>
            <Stat
              label="Delta"
              hint="Rupees per rupee move of the underlying, all legs together."
              value={bareMoney(state.greeks.delta, 2)}
            />
            <Stat label="Theta" hint="Rupees per calendar day." value={bareMoney(state.greeks.theta, 2)} />
            <Stat
              label="Vega"
              hint="Rupees per point of volatility."
              value={bareMoney(state.greeks.vega, 2)}
            />
          </>
        )}
      </dl>
    </Card>
  )
}

function Premium({ premium, isOver }: { premium: NonNullable<OptionState["premium"]>; isOver: boolean }) {
  const isCredit = premium.entry.per_unit < 0
  const units = `${quantity(premium.units)} ${premium.units === 1 ? "unit" : "units"}`
  return (
    <>
      <Stat
        label={isCredit ? "Premium received (₹ per unit)" : "Premium paid (₹ per unit)"}
        value={price(Math.abs(premium.entry.per_unit))}
        note={`${money(Math.abs(premium.entry.net))} for ${units}`}
      />
      {!isOver && (
        <Stat
          label={isCredit ? "Cost to close (₹ per unit)" : "Current value (₹ per unit)"}
          hint="The combined premium at the latest prices. Limits on the premium are compared with this."
          value={premium.now ? price(Math.abs(premium.now.per_unit)) : "no price"}
          note={premium.now ? `${money(Math.abs(premium.now.net))} for ${units}` : undefined}
        />
      )}
    </>
  )
}

/** Margin and charges of the entry at current prices. */
function EntryCost({ id }: { id: string }) {
  const { data, error } = useQuery(entryPreviewQuery(id))
  const cost = data?.preview.cost_contract
  if (error) return <Stat label="Entry margin" value="unknown" note={error.message} />
  return (
    <>
      <Stat
        label="Entry margin"
        hint="Margin of all legs as one basket, with the benefit of hedges."
        value={cost ? <Amount value={cost.margin_required} /> : "–"}
      />
      <Stat label="Entry charges" value={cost ? <Amount value={cost.total_charges} /> : "–"} />
    </>
  )
}

/** The profit in percent of the protection's basis. */
export function profitWords({ protection }: OptionState): string {
  const basis = protection.basis === "premium" ? "net premium" : "entry value"
  return protection.profit_pct === null
    ? "No profit to compare yet."
    : `Profit now ${percent(protection.profit_pct, 2)} of the ${basis}.`
}
