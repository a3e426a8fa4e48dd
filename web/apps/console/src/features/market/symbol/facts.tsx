import { date, number } from "@tradertape/ui/format.ts"
import { Section } from "@/components/page/section"
import type { Tick } from "@/lib/live"
import type { Instrument } from "@/lib/queries/live"
import classes from "./symbol.module.css"

/** Static properties of an instrument: lot, tick and limits. */
export function Facts({ instrument, tick }: { instrument: Instrument; tick: Tick | undefined }) {
  const facts: [string, string | null][] = [
    ["Lot", number(instrument.lot_size)],
    ["Tick", number(instrument.tick_size, 2)],
    ["Freeze quantity", instrument.freeze_quantity === null ? null : number(instrument.freeze_quantity)],
    [
      "Circuit limits",
      tick?.lower_circuit == null
        ? null
        : `${number(tick.lower_circuit, 2)} – ${number(tick.upper_circuit, 2)}`,
    ],
    ["Expires", instrument.expiry && date(instrument.expiry)],
    ["Strike", instrument.strike === null ? null : number(instrument.strike)],
    ["Segment", instrument.segment],
    ["ISIN", instrument.isin || null],
    ["Token", String(instrument.instrument_token)],
  ]
  return (
    <Section title="Instrument">
      <dl className={classes.facts}>
        {facts.map(
          ([name, value]) =>
            value && (
              <div key={name}>
                <dt>{name}</dt>
                <dd className="tt-num">{value}</dd>
              </div>
            ),
        )}
      </dl>
    </Section>
  )
}
