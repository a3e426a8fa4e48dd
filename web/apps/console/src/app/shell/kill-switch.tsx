import { Button } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { OctagonX } from "lucide-react"
import { useState } from "react"
import { killSwitchQuery } from "@/lib/queries/risk"
import classes from "./kill-switch.module.css"
import { KillSwitchDialog } from "./kill-switch-dialog"

/** Stops every new entry at once; while it is on, the button says so and lifts it. */
export function KillSwitch() {
  const { data } = useQuery(killSwitchQuery)
  const [isAsking, setAsking] = useState(false)
  const isOn = data?.active === true
  return (
    <>
      <Button
        className={isOn ? classes.on : classes.off}
        variant="default"
        leftSection={<OctagonX size={15} />}
        disabled={!data}
        onClick={() => setAsking(true)}
      >
        {isOn ? "Trading stopped" : "Kill switch"}
      </Button>
      {data && <KillSwitchDialog state={data} opened={isAsking} onClose={() => setAsking(false)} />}
    </>
  )
}
