import { Tooltip } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { marketHoursQuery } from "@/lib/queries/market-hours"
import { useNow } from "@/lib/use-now"
import { marketWords } from "./market-words"
import classes from "./top-bar.module.css"

/** Whether the market is open. */
export function MarketChip() {
  const { data } = useQuery(marketHoursQuery)
  const now = useNow()
  if (!data || data.source === "off") return null
  const { isOpen, text, hint } = marketWords(data, now)
  return (
    <Tooltip label={hint}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: its hint is for keyboards too */}
      <span className={`${classes.chip} ${classes.wide}`} data-tone={isOpen ? "good" : "plain"} tabIndex={0}>
        <span className={classes.dot} aria-hidden />
        <span className={classes.words}>{text}</span>
      </span>
    </Tooltip>
  )
}
