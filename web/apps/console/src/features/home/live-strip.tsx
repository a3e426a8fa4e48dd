import { Anchor, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { count, discreet } from "@tradertape/ui/format.ts"
import { CircleAlert } from "lucide-react"
import { Section } from "@/components/page/section"
import { type Attention, type ModeSummary, overviewQuery } from "@/lib/queries/workers"
import classes from "./home.module.css"

const MAX_ITEMS = 5
const NAMES = { dry_run: "Dry run", paper: "Paper", live: "Live" }

const nameOf = ({ execution_mode, environment }: ModeSummary) =>
  execution_mode === "live" && environment === "sandbox" ? "Sandbox" : NAMES[execution_mode]

/** Active worker runs and what needs attention; hidden without active runs. */
export function LiveStrip() {
  const { data } = useQuery({ ...overviewQuery, refetchInterval: 5_000 })
  const modes = data?.modes.filter((mode) => mode.runs > 0) ?? []
  if (!data || modes.length === 0) return null
  return (
    <div className={classes.strip}>
      <Section
        title="Workers"
        action={
          <Anchor size="sm" renderRoot={(props) => <Link to="/workers" {...props} />}>
            All runs
          </Anchor>
        }
      >
        <dl className={classes.modes}>
          {modes.map((mode) => (
            <Mode key={nameOf(mode)} mode={mode} />
          ))}
        </dl>
        {data.attention.length > 0 && <Wanted items={data.attention} />}
      </Section>
    </div>
  )
}

function Mode({ mode }: { mode: ModeSummary }) {
  return (
    <div className={classes.mode}>
      <dt>{nameOf(mode)}</dt>
      <dd>
        {mode.execution_mode !== "dry_run" && (
          <span className={classes.net}>
            <Delta kind="money" decimals={2} value={mode.net} />
          </span>
        )}
        <Text component="span" size="sm" c="dimmed">
          {count(mode.runs, "run")}, {count(mode.positions, "position")},{" "}
          {count(mode.open_orders, "open order")}
          {mode.is_stale && ", at stale prices"}
        </Text>
      </dd>
    </div>
  )
}

function Wanted({ items }: { items: Attention[] }) {
  return (
    <ul className={classes.attention} aria-label="Needs attention">
      {items.slice(0, MAX_ITEMS).map((item) => (
        <li key={`${item.strategy_run_id} ${item.reason}`}>
          <Link to="/workers/$id" params={{ id: item.strategy_run_id }} className={classes.alert}>
            <CircleAlert size={15} aria-hidden />
            <span className={classes.name}>{item.name}</span>
            <span>{discreet(item.words)}</span>
          </Link>
        </li>
      ))}
      {items.length > MAX_ITEMS && (
        <li>
          <Link to="/workers" search={{ status: "attention" }} className={classes.alert}>
            {items.length - MAX_ITEMS} more
          </Link>
        </li>
      )}
    </ul>
  )
}
