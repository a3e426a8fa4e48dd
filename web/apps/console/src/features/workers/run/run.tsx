import { Stack, Tabs } from "@mantine/core"
import { useNavigate, useSearch } from "@tanstack/react-router"
import type { RunLive, RunPage } from "@/lib/queries/workers"
import { BlockedNotice } from "./blocked-notice"
import { Figures } from "./figures"
import { LegsSection } from "./legs-section"
import { OrdersSection } from "./orders-section"
import { PnlSection } from "./pnl-section"
import { ProtectionTab } from "./protection/protection-tab"
import { RiskTab } from "./risk/risk-tab"
import classes from "./run.module.css"
import { RunHeader } from "./run-header"
import { SummarySection } from "./summary-section"
import { TimelineSection } from "./timeline/timeline-section"
import { TradesSection } from "./trades-section"

const TABS = [
  { value: "overview", label: "Overview" },
  { value: "orders", label: "Orders and trades" },
  { value: "protection", label: "Protection" },
  { value: "risk", label: "Risk" },
  { value: "timeline", label: "Timeline" },
]

interface Props {
  page: RunPage
  live: RunLive
}

export function Run({ page, live }: Props) {
  const { tab = "overview" } = useSearch({ from: "/frame/workers/$id" })
  const navigate = useNavigate({ from: "/workers/$id" })
  const id = page.card.strategy_run_id
  return (
    <>
      <RunHeader page={page} live={live} />
      <Stack gap="md">
        <BlockedNotice page={page} />
        <Figures page={page} live={live} />
        <Tabs
          value={tab}
          onChange={(next) => navigate({ search: { tab: next && next !== "overview" ? next : undefined } })}
        >
          <Tabs.List mb="md" className={classes.tabs}>
            {TABS.map(({ value, label }) => (
              <Tabs.Tab key={value} value={value}>
                {label}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value="overview">
            <Stack gap="md">
              <div className={classes.columns}>
                <PnlSection id={id} live={live} />
                <SummarySection page={page} live={live} />
              </div>
              <LegsSection live={live} />
              <TimelineSection id={id} compact />
            </Stack>
          </Tabs.Panel>
          <Tabs.Panel value="orders">
            <Stack gap="md">
              <OrdersSection id={id} isOver={live.pulse.status === "closed"} />
              <TradesSection id={id} />
            </Stack>
          </Tabs.Panel>
          <Tabs.Panel value="protection">
            <ProtectionTab page={page} live={live} />
          </Tabs.Panel>
          <Tabs.Panel value="risk">
            <RiskTab page={page} />
          </Tabs.Panel>
          <Tabs.Panel value="timeline">
            <TimelineSection id={id} />
          </Tabs.Panel>
        </Tabs>
      </Stack>
    </>
  )
}
