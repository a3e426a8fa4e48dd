import { Alert, Skeleton, Stack } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Link, useParams } from "@tanstack/react-router"
import { count, date, discreet, instant, words } from "@tradertape/ui/format.ts"
import { useScaled } from "@tradertape/ui/scaled.ts"
import { ModeMark } from "@/components/models/mode-mark"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { ErrorState } from "@/components/states/error-state"
import { ScaledTrading } from "@/components/states/scaled-note"
import { type Dashboard, dashboardQuery } from "@/lib/queries/models"
import { Actions } from "./detail/actions"
import { Activity } from "./detail/activity"
import { Calendar } from "./detail/calendar"
import { ClosedTrades } from "./detail/closed-trades"
import { Equity } from "./detail/equity"
import { Exits } from "./detail/exits"
import { Kpis } from "./detail/kpis"
import { Months } from "./detail/months"
import { OpenPositions } from "./detail/open-positions"
import { Sectors } from "./detail/sectors"
import { Twin } from "./detail/twin"
import { StateBadge } from "./list/portfolio-columns"
import classes from "./portfolios.module.css"

const CRUMBS = [{ label: "Portfolios", to: "/portfolios" }]

/** One portfolio: what it is worth, holds, did, and does next. */
export function PortfolioPage() {
  const { id } = useParams({ from: "/frame/portfolios/$id" })
  const { data, error, refetch } = useQuery(dashboardQuery(Number(id)))
  if (!data)
    return (
      <>
        <PageHeader title="Portfolio" crumbs={CRUMBS} />
        {error ? (
          <ErrorState
            error={error}
            what="This portfolio"
            back={{ label: "All portfolios", to: "/portfolios" }}
            retry={() => void refetch()}
          />
        ) : (
          <Skeleton height={520} />
        )}
      </>
    )
  return <Detail page={data} />
}

function Detail({ page }: { page: Dashboard }) {
  const { portfolio } = page
  useScaled(portfolio.scaled)
  return (
    <>
      <PageHeader
        title={portfolio.name}
        crumbs={CRUMBS}
        chips={
          <>
            <ModeMark isPaper={portfolio.paper_mode} placedBy={portfolio.placed_by} />
            <StateBadge status={portfolio.status} />
          </>
        }
        note={
          <>
            <Link
              to="/strategies/$id"
              params={{ id: String(portfolio.strategy_id) }}
              style={{ color: "var(--tt-accent)" }}
            >
              {portfolio.strategy_name} v{portfolio.strategy_version}
            </Link>{" "}
            on {words(portfolio.universe).toUpperCase()}. {portfolio.paper_fill_rule}
          </>
        }
        action={<Actions page={page} />}
      />
      <Stack gap="md">
        <ScaledTrading shown={portfolio.scaled} />
        <WhatIsNext page={page} />
        {!portfolio.paper_mode &&
          portfolio.live_warnings.map(({ code, text }) => (
            <Alert key={code} color="yellow" title="Before its orders are real">
              {discreet(text)} <Link to="/risk">Risk</Link>
            </Alert>
          ))}
        {page.alerts.map((alert) => (
          <Alert
            key={`${alert.code} ${alert.subject}`}
            variant="light"
            color={alert.level === "critical" ? "red" : alert.level === "warning" ? "yellow" : "gray"}
          >
            {discreet(alert.text)} Since {instant(alert.since)}.
          </Alert>
        ))}
        <Kpis page={page} />
        {page.equity_curve.length > 1 && <Equity page={page} />}
        <OpenPositions page={page} />
        {page.equity_curve.length > 1 && <Twin portfolio={portfolio} />}
        <div className={classes.two}>
          <Sectors page={page} />
          <Exits page={page} />
        </div>
        {page.monthly_returns.length > 0 && <Months page={page} />}
        {page.equity_curve.length > 1 && <Calendar page={page} />}
        <ClosedTrades page={page} />
        <Activity page={page} />
      </Stack>
    </>
  )
}

/** What the portfolio waits for, and when it acts next. */
function WhatIsNext({ page }: { page: Dashboard }) {
  const { portfolio, signals } = page
  const pending = signals.pending.length
  const inCart = signals.in_cart.length
  const live = signals.live.length
  return (
    <div className={classes.next} data-testid="next">
      <span>
        {portfolio.traded_until
          ? `Scanned to ${date(portfolio.traded_until)}. `
          : "Not scanned yet: scan now, or wait for the next scan. "}
        {portfolio.status === "retired"
          ? "It is retired and is not scanned any more."
          : `Next scan ${instant(page.next_scan)}.`}
        {live > 0 && ` ${count(live, "order")} at the market.`}
      </span>
      <span style={{ display: "flex", gap: 8 }}>
        {pending > 0 && (
          <LinkButton to="/approvals" search={{ portfolio: portfolio.id }}>
            Review {count(pending, "signal")}
          </LinkButton>
        )}
        {inCart > 0 && (
          <LinkButton to="/cart" variant="default">
            Open the cart ({inCart})
          </LinkButton>
        )}
      </span>
    </div>
  )
}
