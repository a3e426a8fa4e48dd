import { useQuery } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { count, date, instant, number, signedPercent } from "@tradertape/ui/format.ts"
import { useScaled } from "@tradertape/ui/scaled.ts"
import { lazy, Suspense } from "react"
import { LiveProfit } from "@/components/models/live-profit"
import { ScaledTrading } from "@/components/states/scaled-note"
import { modelPositionsQuery, type Overview, overviewOfModelsQuery } from "@/lib/queries/models"
import { AlertList } from "./alert-list"
import classes from "./models.module.css"
import { NearList } from "./near-list"
import { WaitingList } from "./waiting-list"

const PnlLine = lazy(() => import("./pnl-line"))

/** What the model portfolios are worth and what they wait for; hidden while there is none. */
export function Models() {
  const { data } = useQuery(overviewOfModelsQuery)
  const scaled = data?.scaled_portfolios ?? 0
  useScaled(scaled > 0)
  if (!data || data.portfolios === 0) return null
  return (
    <div className={classes.root}>
      <ScaledTrading shown={scaled > 0} some={scaled < data.portfolios && "other portfolios"} />
      <Band page={data} />
      <div className={classes.columns}>
        <div className={classes.stack}>
          {data.days.length > 1 && (
            <Suspense fallback={<div style={{ height: 300 }} />}>
              <PnlLine page={data} />
            </Suspense>
          )}
          <NearList near={data.near} positions={data.open_positions} />
        </div>
        <div className={classes.stack}>
          <AlertList alerts={data.alerts} />
          <WaitingList waiting={data.waiting} />
        </div>
      </div>
    </div>
  )
}

const NONE: never[] = []

/** Profit since the close of everything that is held. */
function Today({ positions }: { positions: number }) {
  const { data } = useQuery({ ...modelPositionsQuery("open"), enabled: positions > 0 })
  return <LiveProfit held={data?.items ?? NONE} />
}

function Band({ page }: { page: Overview }) {
  const day = page.traded_until ? `on ${date(page.traded_until)}` : "not scanned yet"
  return (
    <dl
      className={classes.band}
      aria-label="Model portfolios"
      data-live={page.live_portfolios > 0 || undefined}
    >
      <Stat
        big
        label={`Profit and loss ${day}`}
        value={<Delta kind="money" value={page.day_pnl} />}
        note={
          <>
            {signedPercent(page.day_pnl_pct, 2)} <Today positions={page.open_positions} />
          </>
        }
      />
      <Stat
        big
        label="Equity"
        value={<Amount short value={page.equity} />}
        note={count(page.portfolios, "portfolio")}
      />
      <Stat
        big
        label="Total profit and loss"
        value={<Delta kind="money" value={page.total_pnl} />}
        note={
          <>
            <Amount short value={page.cash} /> in cash
          </>
        }
      />
      <Stat
        big
        label="Open positions"
        value={number(page.open_positions)}
        note={`${count(page.waiting.placed, "order")} at the market`}
      />
      <Stat
        big
        label="Next scan"
        value={<span style={{ fontSize: 15 }}>{instant(page.next_scan)}</span>}
        note={page.last_scan ? `Last ${instant(page.last_scan.at)}` : undefined}
      />
    </dl>
  )
}
