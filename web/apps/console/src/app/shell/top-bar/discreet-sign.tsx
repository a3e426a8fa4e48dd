import { Tooltip } from "@mantine/core"
import { EyeOff } from "lucide-react"
import { setPreferences, usePreferences } from "@/lib/preferences"
import classes from "./top-bar.module.css"

const HINT = "Discreet mode is on. Press to show amounts; hold H, or press one, to look for a moment."

/** Says that amounts are hidden, and shows them again. */
export function DiscreetSign() {
  const { discreet } = usePreferences()
  if (!discreet) return null
  return (
    <Tooltip label={HINT}>
      <button
        type="button"
        className={`${classes.chip} ${classes.sign}`}
        aria-label="Amounts hidden: show them"
        onClick={() => setPreferences({ discreet: false })}
      >
        <EyeOff size={14} aria-hidden />
        <span className={classes.wide}>Amounts hidden</span>
      </button>
    </Tooltip>
  )
}
