import { Skeleton, Tabs } from "@mantine/core"
import { useNavigate, useSearch } from "@tanstack/react-router"
import type { Run } from "@tradertape/api/backtest.ts"
import { lazy, Suspense } from "react"
import { TabStrip } from "@/components/page/tab-strip"
import { HeadlineBand } from "./header/headline-band"
import { ResultHeader } from "./header/result-header"
import { VerdictLine } from "./header/verdict-line"
import { WarningsPanel } from "./header/warnings-panel"
import { ConfigTab } from "./tabs/config-tab"

const Overview = lazy(() => import("./tabs/overview-tab"))
const Trades = lazy(() => import("./tabs/trades-tab"))
const Returns = lazy(() => import("./tabs/returns-tab"))
const Drawdowns = lazy(() => import("./tabs/drawdowns-tab"))
const Conviction = lazy(() => import("./tabs/conviction-tab"))
const Skipped = lazy(() => import("./tabs/skipped-tab"))
const Costs = lazy(() => import("./tabs/costs-tab"))
const Robustness = lazy(() => import("../robustness/robustness-tab"))

const TABS = [
  { value: "overview", label: "Overview", Body: Overview },
  { value: "trades", label: "Trades", Body: Trades },
  { value: "returns", label: "Returns", Body: Returns },
  { value: "drawdowns", label: "Drawdowns", Body: Drawdowns },
  { value: "conviction", label: "Conviction", Body: Conviction },
  { value: "skipped", label: "Skipped", Body: Skipped },
  { value: "costs", label: "Costs", Body: Costs },
  { value: "robustness", label: "Robustness", Body: Robustness },
  { value: "config", label: "Config", Body: ConfigTab },
] as const

/** The result of a run: headline figures on top, the rest in tabs stored in the URL. */
export function Result({ run }: { run: Run }) {
  const { tab = "overview" } = useSearch({ from: "/frame/backtests/$id" })
  const navigate = useNavigate({ from: "/backtests/$id" })
  const show = (next: string | null) =>
    navigate({ search: { tab: next === "overview" || !next ? undefined : next }, replace: true })
  return (
    <>
      <ResultHeader run={run} />
      <VerdictLine run={run} />
      <HeadlineBand run={run} />
      <WarningsPanel warnings={run.warnings} />
      <Tabs value={TABS.some(({ value }) => value === tab) ? tab : "overview"} onChange={show} mt="md">
        <TabStrip tabs={TABS} value={tab} />
        {TABS.map(({ value, Body }) => (
          <Tabs.Panel key={value} value={value}>
            <Suspense fallback={<Skeleton height={420} />}>
              <Body run={run} />
            </Suspense>
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  )
}
