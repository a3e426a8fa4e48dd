import { Tooltip } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { KillSwitch, StoppedBanner } from "@/components/kill-switch/kill-switch"
import { overviewQuery } from "@/lib/queries/workers"
import { FeedChip } from "./feed-chip"
import { MarketChip } from "./market-chip"
import classes from "./top-bar.module.css"

/** Trading mode, price freshness and the kill switch, on every page. */
export function TopBar() {
  const { data } = useQuery(overviewQuery)
  const isLive = data?.modes.some((mode) => mode.execution_mode === "live" && mode.runs > 0) ?? false
  const hint = isLive
    ? "At least one run trades with real money at your broker."
    : "Orders are filled by the paper market. No real money moves."
  return (
    <>
      <div className={classes.ribbon} data-live={isLive || undefined} aria-hidden />
      <section className={classes.bar} aria-label="Trading status">
        <Tooltip label={hint}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: its hint is for keyboards too */}
          <span className={classes.mode} data-live={isLive || undefined} tabIndex={0}>
            {isLive ? "LIVE" : "PAPER"}
          </span>
        </Tooltip>
        <FeedChip />
        <MarketChip />
        <span className={classes.spring} />
        <KillSwitch />
      </section>
      <StoppedBanner />
    </>
  )
}
