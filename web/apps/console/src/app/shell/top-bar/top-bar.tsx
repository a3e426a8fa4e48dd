import { Tooltip } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { lazy, Suspense } from "react"
import { KillSwitch, StoppedBanner } from "@/components/kill-switch/kill-switch"
import { isOnlySandbox } from "@/lib/brokers/state"
import { brokersQuery } from "@/lib/queries/brokers"
import { overviewOfModelsQuery } from "@/lib/queries/models"
import { overviewQuery } from "@/lib/queries/workers"
import { Bell } from "./bell"
import { DiscreetSign } from "./discreet-sign"
import { FeedChip } from "./feed-chip"
import { MarketChip } from "./market-chip"
import { MODES, modeOfAll } from "./mode-words"
import classes from "./top-bar.module.css"

const SessionBanner = lazy(() => import("@/components/brokers/session-banner"))

/** Trading mode, price freshness and the kill switch, on every page. */
export function TopBar() {
  const { data } = useQuery(overviewQuery)
  const { data: models } = useQuery(overviewOfModelsQuery)
  const { data: brokers } = useQuery(brokersQuery)
  const mode = modeOfAll(data, models, isOnlySandbox(brokers ?? []))
  const { text, hint } = MODES[mode]
  return (
    <>
      <div className={classes.ribbon} data-mode={mode} aria-hidden />
      <section className={classes.bar} aria-label="Trading status">
        <Tooltip label={hint}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: its hint is for keyboards too */}
          <span className={classes.mode} data-mode={mode} tabIndex={0}>
            {text}
          </span>
        </Tooltip>
        <FeedChip />
        <MarketChip />
        <DiscreetSign />
        <span className={classes.spring} />
        <Bell />
        <KillSwitch />
      </section>
      <StoppedBanner />
      <Suspense>
        <SessionBanner />
      </Suspense>
    </>
  )
}
