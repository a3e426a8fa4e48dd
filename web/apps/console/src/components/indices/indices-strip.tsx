import { Link } from "@tanstack/react-router"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { price, signed } from "@tradertape/ui/format.ts"
import { Flash } from "@/components/states/flash"
import { useTick } from "@/lib/live"
import classes from "./indices-strip.module.css"

const INDICES = [
  { id: "NSE:NIFTY 50", label: "NIFTY 50" },
  { id: "BSE:SENSEX", label: "SENSEX" },
  { id: "NSE:NIFTY BANK", label: "BANKNIFTY" },
  { id: "NSE:NIFTY FIN SERVICE", label: "FINNIFTY" },
  { id: "NSE:NIFTY MID SELECT", label: "MIDCPNIFTY" },
  { id: "NSE:INDIA VIX", label: "INDIA VIX" },
]

/** The main indices. */
export function IndicesStrip() {
  return (
    <ul className={classes.strip} aria-label="Indices">
      {INDICES.map(({ id, label }) => (
        <li key={id}>
          <Index id={id} label={label} />
        </li>
      ))}
    </ul>
  )
}

function Index({ id, label }: { id: string; label: string }) {
  const tick = useTick(id)
  return (
    <Link to="/market/$id" params={{ id }} className={classes.index} data-live>
      <span className={classes.name}>{label}</span>
      <span className={classes.level}>
        <Flash value={tick?.ltp}>{price(tick?.ltp)}</Flash>
      </span>
      <span className={classes.moved}>
        {tick && signed(tick.change, 2)} <Delta value={tick?.change_pct} decimals={2} />
      </span>
    </Link>
  )
}
