import { Stack, Tabs } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { useNavigate, useSearch } from "@tanstack/react-router"
import { TabStrip } from "@/components/page/tab-strip"
import { ErrorState } from "@/components/states/error-state"
import { type OptionState, optionStateQuery } from "@/lib/queries/option-runs"
import type { RunLive, RunPage } from "@/lib/queries/workers"
import { BlockedNotice } from "./blocked-notice"
import { DifferenceNotice } from "./difference-notice"
import { Figures } from "./figures"
import { LegsSection } from "./legs-section"
import { OptionLegsSection } from "./option/option-legs-section"
import { OptionProtectionTab } from "./option/option-protection-tab"
import { PremiumSection } from "./option/premium-section"
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
  {
    value: "orders",
    label: (
      <>
        Orders<span className={classes.wide}> and trades</span>
      </>
    ),
  },
  { value: "protection", label: "Protection" },
  { value: "risk", label: "Risk" },
  { value: "timeline", label: "Timeline" },
]

interface Props {
  page: RunPage
  live: RunLive
}

/** The state of an option run, polled every two seconds. */
function useOptionState({ card }: RunPage) {
  return useQuery({ ...optionStateQuery(card.strategy_run_id), enabled: card.is_option_run })
}

export function Run({ page, live }: Props) {
  const { tab = "overview" } = useSearch({ from: "/frame/workers/$id" })
  const navigate = useNavigate({ from: "/workers/$id" })
  const id = page.card.strategy_run_id
  const isOption = page.card.is_option_run
  const option = useOptionState(page)
  return (
    <>
      <RunHeader page={page} live={live} />
      <Stack gap="md">
        <BlockedNotice page={page} live={live} />
        <DifferenceNotice live={live} />
        <Figures page={page} live={live} isArmedByEntry={option.data?.protection.waits_for_entry ?? false} />
        {option.error && !option.data && (
          <ErrorState error={option.error} what="The strategy" retry={option.refetch} />
        )}
        {option.data && <PremiumSection state={option.data} card={page.card} />}
        <Tabs
          value={tab}
          onChange={(next) => navigate({ search: { tab: next && next !== "overview" ? next : undefined } })}
        >
          <TabStrip tabs={TABS} value={tab} />
          <Tabs.Panel value="overview">
            <Stack gap="md">
              <div className={classes.columns}>
                <PnlSection page={page} live={live} />
                <SummarySection page={page} live={live} />
              </div>
              {isOption && <OptionLegsSection state={option.data} />}
              {(!isOption || hasOthers(live, option.data)) && <LegsSection page={page} live={live} />}
              <TimelineSection id={id} compact />
            </Stack>
          </Tabs.Panel>
          <Tabs.Panel value="orders">
            <Stack gap="md">
              <OrdersSection
                id={id}
                account={page.card.account_scope}
                isOver={live.pulse.status === "closed"}
              />
              <TradesSection id={id} />
            </Stack>
          </Tabs.Panel>
          <Tabs.Panel value="protection">
            {isOption ? (
              <OptionProtectionTab state={option.data} live={live} />
            ) : (
              <ProtectionTab page={page} live={live} />
            )}
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

/** Whether the run has positions other than its option legs. */
function hasOthers(live: RunLive, option: OptionState | undefined): boolean {
  const own = new Set(option?.legs.map(({ exchange, tradingsymbol }) => `${exchange}:${tradingsymbol}`))
  return option !== undefined && live.legs.some(({ instrument }) => !own.has(instrument))
}
