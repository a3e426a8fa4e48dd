import { useQuery } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { count, date, instant, number, signedPercent } from "@tradertape/ui/format.ts"
import { useScaled } from "@tradertape/ui/scaled.ts"
import { lazy, Suspense, useMemo } from "react"
import { LiveProfit } from "@/components/models/live-profit"
import { ScaledTrading } from "@/components/states/scaled-note"
import { modelPositionsQuery, type Overview, overviewOfModelsQuery } from "@/lib/queries/models"
import { AlertList } from "./alert-list"
import classes from "./models.module.css"
import { NearList } from "./near-list"
import { WaitingList } from "./waiting-list"

type Totals = Overview["by_money"][number]

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
      {data.by_money.map((of, place) => (
        <Band key={of.money} page={data} of={of} isAlone={data.by_money.length === 1} isFirst={place === 0} />
      ))}
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

/** Profit since the close of everything that is held with one kind of money. */
function Today({ of }: { of: Totals }) {
  const { data } = useQuery({ ...modelPositionsQuery("open"), enabled: of.open_positions > 0 })
  const { portfolio_ids } = of
  const held = useMemo(
    () => data?.items.filter((one) => portfolio_ids.includes(one.portfolio_id)) ?? NONE,
    [data, portfolio_ids],
  )
  return <LiveProfit held={held} />
}

interface BandProps {
  page: Overview
  of: Totals
  isAlone: boolean
  isFirst: boolean
}

/** The portfolios of one kind of money: real money is never added to paper. */
function Band({ page, of, isAlone, isFirst }: BandProps) {
  const day = page.traded_until ? `on ${date(page.traded_until)}` : "not scanned yet"
  const isLive = of.money === "live"
  const kind = isLive ? "Live" : "Paper"
  return (
    <dl
      className={classes.band}
      aria-label={isAlone ? "Model portfolios" : `${kind} portfolios`}
      data-live={isLive || undefined}
    >
      <Stat
        big
        label={isAlone ? `Profit and loss ${day}` : `${kind}: profit and loss ${day}`}
        value={<Delta kind="money" value={of.day_pnl} />}
        note={
          <>
            {signedPercent(of.day_pnl_pct, 2)} <Today of={of} />
          </>
        }
      />
      <Stat
        big
        label="Equity"
        value={<Amount short value={of.equity} />}
        note={`${count(of.portfolio_ids.length, "portfolio")}${isLive ? ", live" : ", on paper"}`}
      />
      <Stat
        big
        label="Total profit and loss"
        value={<Delta kind="money" value={of.total_pnl} />}
        note={
          <>
            <Amount short value={of.cash} /> in cash
          </>
        }
      />
      <Stat
        big
        label="Open positions"
        value={number(of.open_positions)}
        note={`${count(of.placed, "order")} at the market`}
      />
      {isFirst && (
        <Stat
          big
          label="Next scan"
          value={<span style={{ fontSize: 15 }}>{instant(page.next_scan)}</span>}
          note={page.last_scan ? `Last ${instant(page.last_scan.at)}` : undefined}
        />
      )}
    </dl>
  )
}
