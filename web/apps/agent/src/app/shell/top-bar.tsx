import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { EnvironmentChip } from "@tradertape/ui/components/environment-chip.tsx"
import { age, sentence } from "@tradertape/ui/format.ts"
import { EyeOff } from "lucide-react"
import { usePreferences } from "@/lib/preferences"
import { statusQuery } from "@/lib/queries"
import type { Status } from "@/lib/types"
import { useNow } from "@/lib/use-now"
import classes from "./frame.module.css"

/** Which money this agent moves, and whether the cloud and the broker answer; on every section. */
export function TopBar() {
  const { data, error, dataUpdatedAt } = useQuery(statusQuery)
  const now = useNow()
  if (!data) return <div className={classes.top} />
  return (
    <>
      <div className={classes.ribbon} data-environment={data.environment} aria-hidden />
      <section className={classes.top} aria-label="State of the agent">
        <EnvironmentChip environment={data.environment} />
        <Chip label="Cloud" state={data.cloud} isGood={data.cloud === "ok"} />
        <Chip label={data.primary_title} state={data.broker} isGood={data.broker === "ok"} />
        <HiddenSign />
        <span className={classes.spring} />
        <span className={classes.polled}>
          {data.last_poll ? `polled ${age(data.last_poll, now)}` : "not polled yet"}
        </span>
      </section>
      {error && (
        <p className={classes.banner} role="alert">
          The agent does not answer. What is shown is as of {age(new Date(dataUpdatedAt).toISOString(), now)}.
        </p>
      )}
      {!error && <Banners status={data} />}
    </>
  )
}

/** Says that amounts are hidden. */
function HiddenSign() {
  const { discreet } = usePreferences()
  if (!discreet) return null
  return (
    <span className={classes.chip}>
      <EyeOff size={14} aria-hidden />
      <span className="tt-hidden">Amounts are hidden</span>
    </span>
  )
}

function Chip({ label, state, isGood }: { label: string; state: string; isGood: boolean }) {
  return (
    <span className={classes.chip} data-tone={isGood ? "good" : "warn"}>
      <span className={classes.dot} aria-hidden />
      {label}
      <span className={isGood ? "tt-hidden" : undefined}>
        {" "}
        {isGood ? "answers" : state.replace("_", " ")}
      </span>
    </span>
  )
}

function Banners({ status }: { status: Status }) {
  const killed = status.kill_switch.local || status.kill_switch.cloud
  return (
    <>
      {killed && (
        <p className={classes.banner} role="status">
          Kill switch on{status.kill_switch.local ? "" : " in the cloud"}: no entry is placed. Exits and stops
          still pass. <Link to="/settings">Settings</Link>
        </p>
      )}
      {status.problem && (
        <p className={classes.banner} role="status">
          {sentence(status.problem)}
        </p>
      )}
      {!["ok", "unknown"].includes(status.broker) && (
        <p className={classes.banner} role="status">
          {status.primary_title} is not connected: nothing can be placed. <Link to="/brokers">Log in</Link>
        </p>
      )}
    </>
  )
}
