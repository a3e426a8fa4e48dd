import { Anchor, Badge } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { EnvironmentChip } from "@tradertape/ui/components/environment-chip.tsx"
import { words } from "@tradertape/ui/format.ts"
import { symbolOf } from "@/lib/instrument"
import type { TradingOrder } from "@/lib/queries/trading"
import { isOfElsewhere, portfolioOf } from "./owners"
import classes from "./trading.module.css"

export function Side({ side }: { side: string }) {
  return <span className={side === "BUY" ? "tt-gain" : "tt-loss"}>{side === "BUY" ? "Buy" : "Sell"}</span>
}

export function Who({ id }: { id: string }) {
  return (
    <Link to="/market/$id" params={{ id }} className={classes.who}>
      {symbolOf(id)} <span className={classes.small}>{id.split(":")[0]}</span>
    </Link>
  )
}

/** The run that placed or holds it; without one it is by hand or of a GTT. */
interface OwnerProps {
  run: string | null
  scope: string
  isExternal?: boolean
}

export function Owner({ run, scope, isExternal = false }: OwnerProps) {
  const portfolio = portfolioOf(scope, run)
  if (portfolio)
    return (
      <Anchor
        size="sm"
        underline="always"
        renderRoot={(props) => <Link to="/portfolios/$id" params={{ id: portfolio }} {...props} />}
      >
        Portfolio {portfolio}
      </Anchor>
    )
  if (isExternal || isOfElsewhere(run)) return "Placed elsewhere"
  if (!run) return "By hand or GTT"
  return (
    <Anchor
      size="sm"
      underline="always"
      renderRoot={(props) => <Link to="/workers/$id" params={{ id: run }} {...props} />}
    >
      {run}
    </Anchor>
  )
}

const COLORS: Record<string, string> = { COMPLETE: "green", REJECTED: "red", IN_DOUBT: "yellow" }

export function State({ order }: { order: TradingOrder }) {
  const color = order.is_open && !order.in_doubt ? "iris" : (COLORS[order.status] ?? "gray")
  return (
    <Badge className={classes.badge} color={color} title={order.status_message ?? undefined}>
      {order.in_doubt ? "In doubt" : words(order.status)}
    </Badge>
  )
}

/** Of an agent's account: its quantities and amounts are not the real ones. */
export function Scaled() {
  return (
    <Badge className={classes.badge} color="gray" variant="light">
      Scaled
    </Badge>
  )
}

/** Where an account's orders go: the paper market, the sandbox, or an account at a broker. */
export function Mode({ environment }: { environment: "paper" | "sandbox" | "live" }) {
  if (environment === "sandbox") return <EnvironmentChip environment="sandbox" />
  return (
    <Badge className={classes.badge} color={environment === "paper" ? "blue" : "red"} variant="light">
      {environment === "paper" ? "Paper" : "Broker"}
    </Badge>
  )
}
