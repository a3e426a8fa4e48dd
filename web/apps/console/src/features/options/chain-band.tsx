import type { Chain, OptionSession } from "@tradertape/api/generated/types.gen.ts"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { count, number, percent, price } from "@tradertape/ui/format.ts"
import { Flash } from "@/components/states/flash"
import { useTick } from "@/lib/live"
import classes from "./options.module.css"

/** The underlying and totals of its chain. */
export function ChainBand({ chain, session }: { chain: Chain; session: OptionSession }) {
  const tick = useTick(session.spot_instrument)
  const spot = tick?.ltp ?? chain.spot_ltp
  return (
    <dl className={classes.band} aria-label="The underlying">
      <Stat
        label={session.spot_instrument.split(":")[1] ?? session.underlying}
        value={
          <>
            <Flash value={spot}>{price(spot)}</Flash> <Delta value={tick?.change_pct} decimals={2} />
          </>
        }
      />
      <Stat
        label="Future"
        value={price(chain.forward)}
        note={chain.forward_source === "parity" ? "from put-call parity" : "from cost of carry"}
        hint="The forward price used for volatility and Greeks."
      />
      <Stat
        label="ATM volatility"
        value={percent(chain.atm_iv, 2)}
        hint="Implied volatility at the money, percent per year."
      />
      <Stat
        label="PCR"
        value={number(chain.pcr, 2)}
        hint="Put-call ratio: open interest of puts over calls, whole chain."
      />
      <Stat
        label="Max pain"
        value={number(chain.max_pain)}
        hint="The strike at which all open options together would pay the least. Not a forecast."
      />
      <Stat label="Expires in" value={until(chain.days_to_expiry)} />
      <Stat
        label="Lot"
        value={number(chain.lot_size)}
        note={session.freeze_quantity ? `freeze ${number(session.freeze_quantity)}` : undefined}
        hint="Units per lot; freeze is the maximum units per order."
      />
    </dl>
  )
}

function until(days: number): string {
  if (days >= 2) return count(Math.floor(days), "day")
  const hours = Math.floor(days * 24)
  return hours >= 1 ? `${hours} h` : `${Math.max(0, Math.round(days * 1_440))} min`
}
