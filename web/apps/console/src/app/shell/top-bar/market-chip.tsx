import { Tooltip } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { marketHoursQuery } from "@/lib/queries/market-hours"
import classes from "./top-bar.module.css"

/** The state of the market: open, in an auction, or closed and until when. */
export function MarketChip() {
  const { data } = useQuery(marketHoursQuery)
  if (!data || data.source === "off") return null
  const { state, state_text: text, state_hint: hint } = data
  const tone = state === "closed" ? "plain" : "good"
  return (
    <Tooltip label={hint}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users can read the hint too */}
      <span className={`${classes.chip} ${classes.wide}`} data-tone={tone} tabIndex={0}>
        <span className={classes.dot} aria-hidden />
        <span className={classes.words}>{text}</span>
      </span>
    </Tooltip>
  )
}
