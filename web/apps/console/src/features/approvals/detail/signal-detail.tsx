import { Button, Kbd, Stack, Text } from "@mantine/core"
import type { CandleMark, PriceLevel } from "@tradertape/ui/charts/candle-chart.tsx"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { date, discreet, instant, money, percent, price, quantity } from "@tradertape/ui/format.ts"
import { Check, X } from "lucide-react"
import { useMemo } from "react"
import { shifted } from "@/components/models/days"
import { ModeMark } from "@/components/models/mode-mark"
import { SignalChart } from "@/components/models/signal-chart"
import { Section } from "@/components/page/section"
import type { Portfolio, Signal } from "@/lib/queries/models"
import classes from "../approvals.module.css"
import { countdown } from "../list/countdown"
import type { Decision } from "../use-decide"
import { Checks } from "./checks"
import { levelsOf } from "./levels"
import { Why } from "./why"

interface Props {
  signal: Signal
  portfolio: Portfolio | undefined
  now: Date
  isBusy: boolean
  onDecide: (decision: Decision) => void
}

const SHOWN_DAYS = 180

/** One signal in full: the chart, the plan, the verdict and the reasons. */
export function SignalDetail({ signal, portfolio, now, isBusy, onDecide }: Props) {
  const levels = useMemo<PriceLevel[]>(() => levelsOf(signal), [signal])
  const marks = useMemo<CandleMark[]>(
    () => [{ date: signal.signal_date, text: "signal", side: "below", tone: "accent" }],
    [signal.signal_date],
  )
  const { text } = countdown(signal.expires_at, now)
  return (
    <Stack gap="md">
      <Section
        title={`${signal.symbol}${signal.name ? `, ${signal.name}` : ""}`}
        note={`Signal of ${date(signal.signal_date)}, ${text}: until ${instant(signal.expires_at)}`}
        action={portfolio && <ModeMark isPaper={portfolio.paper_mode} placedBy={portfolio.placed_by} />}
      >
        <Text size="sm" mb="sm">
          {discreet(signal.reason)}
        </Text>
        <div className={classes.decide}>
          <Button
            leftSection={<Check size={15} />}
            rightSection={
              <Kbd size="xs" visibleFrom="sm">
                A
              </Kbd>
            }
            disabled={isBusy}
            onClick={() => onDecide("approve")}
          >
            Approve {signal.side === "SELL" ? "the sale of " : ""}
            {quantity(signal.quantity)} for {money(signal.notional, 0)}
          </Button>
          <Button
            variant="default"
            leftSection={<X size={15} />}
            rightSection={
              <Kbd size="xs" visibleFrom="sm">
                R
              </Kbd>
            }
            disabled={isBusy}
            onClick={() => onDecide("reject")}
          >
            Reject
          </Button>
        </div>
      </Section>
      <Section title="Price plan" note={portfolio?.paper_fill_rule}>
        <Stack gap="md">
          <SignalChart
            symbol={signal.symbol}
            dataSet={portfolio?.data_set}
            start={shifted(signal.signal_date, -SHOWN_DAYS)}
            end={signal.signal_date}
            levels={levels}
            marks={marks}
            label={`Candles of ${signal.symbol} with trigger, stop and target`}
          />
          <Plan signal={signal} portfolio={portfolio} />
        </Stack>
      </Section>
      <Checks signal={signal} />
      <Why signal={signal} />
    </Stack>
  )
}

function Plan({ signal, portfolio }: { signal: Signal; portfolio: Portfolio | undefined }) {
  const ofEquity =
    portfolio && signal.risk_amount !== null ? (signal.risk_amount / portfolio.equity) * 100 : null
  return (
    <dl className={classes.plan} aria-label="Price plan">
      <Stat label="Close of the signal" value={price(signal.ref_price)} />
      <Stat
        label="Trigger"
        hint="The order becomes active when this price trades."
        value={price(signal.trigger_price)}
      />
      <Stat label="Limit" hint="The most that is paid." value={price(signal.limit_price)} />
      <Stat label="Stop" value={price(signal.stop_price)} />
      <Stat label="Target" value={price(signal.target_price)} />
      <Stat label="Quantity" value={quantity(signal.quantity)} />
      <Stat label="Amount" value={<Amount value={signal.notional} decimals={0} />} />
      <Stat
        label="Risk to the stop"
        value={<Amount value={signal.risk_amount} decimals={0} />}
        note={ofEquity === null ? undefined : `${percent(ofEquity, 2)} of the equity`}
      />
    </dl>
  )
}
