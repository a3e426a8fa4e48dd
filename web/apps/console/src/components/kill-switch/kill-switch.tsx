import { Button } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { instant } from "@tradertape/ui/format.ts"
import { OctagonX } from "lucide-react"
import { killSwitchQuery } from "@/lib/queries/risk"
import { askKillSwitch } from "./asked"
import classes from "./kill-switch.module.css"

/** Stops every new entry at once; while it is on, button and banner say so and lift it. In every bar and dialog. */
export function KillSwitch() {
  const { data } = useQuery(killSwitchQuery)
  const isOn = data?.active === true
  return (
    <Button
      className={isOn ? classes.on : classes.off}
      variant="default"
      leftSection={<OctagonX size={15} />}
      disabled={!data}
      onClick={askKillSwitch}
    >
      {isOn ? "Trading stopped" : "Kill switch"}
    </Button>
  )
}

/** One line under the bar of every page, as long as trading is stopped. */
export function StoppedBanner() {
  const { data } = useQuery(killSwitchQuery)
  if (!data?.active) return null
  return (
    <div className={classes.banner} role="status">
      <OctagonX size={16} aria-hidden />
      <span>
        {data.scope === "server" ? "Trading is stopped on this server" : "Trading is stopped"} since{" "}
        {instant(data.since)}
        {data.reason ? `: ${data.reason}` : ""}. New entries are refused, exits pass.
      </span>
    </div>
  )
}
