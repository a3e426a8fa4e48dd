import { Button } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { count, discreet, instant } from "@tradertape/ui/format.ts"
import { OctagonX } from "lucide-react"
import { killSwitchQuery } from "@/lib/queries/risk"
import { openKillSwitchDialog } from "./dialog-state"
import classes from "./kill-switch.module.css"

/** Opens the kill-switch dialog and shows whether trading is stopped. In the top bar and in every dialog. */
export function KillSwitch() {
  const { data } = useQuery(killSwitchQuery)
  const isOn = data?.active === true
  return (
    <Button
      className={isOn ? classes.on : classes.off}
      variant="default"
      leftSection={<OctagonX size={15} />}
      disabled={!data}
      onClick={openKillSwitchDialog}
    >
      {isOn ? "Trading stopped" : "Kill switch"}
    </Button>
  )
}

/** How many cancellations leave only after a login at the broker, with the way there. */
function WaitingCancels({ count: waiting }: { count: number }) {
  if (waiting === 0) return null
  return (
    <>
      {" "}
      {count(waiting, "cancellation")} {waiting === 1 ? "waits" : "wait"} for your login at the broker.{" "}
      <Link className={classes.link} to="/settings/brokers">
        Log in
      </Link>
    </>
  )
}

/** A banner under the top bar of every page while trading is stopped. */
export function StoppedBanner() {
  const { data } = useQuery(killSwitchQuery)
  if (!data?.active) return null
  return (
    <div className={classes.banner} role="status">
      <OctagonX size={16} aria-hidden />
      <span>
        {data.scope === "server" ? "Trading is stopped on this server" : "Trading is stopped"} since{" "}
        {instant(data.since)}
        {data.reason ? `: ${discreet(data.reason)}` : ""}. New entries are refused, exits are allowed.
        <WaitingCancels count={data.cancels_waiting_for_login ?? 0} />
      </span>
    </div>
  )
}
