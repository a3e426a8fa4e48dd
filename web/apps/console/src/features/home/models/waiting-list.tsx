import { Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { count, instant, number } from "@tradertape/ui/format.ts"
import { ModeMark } from "@/components/models/mode-mark"
import { LinkButton } from "@/components/page/link-button"
import { Section } from "@/components/page/section"
import { modelSignalsQuery, type Overview, type Portfolio, portfoliosQuery } from "@/lib/queries/models"
import classes from "./models.module.css"

const SHOWN = 6

/** The signals that wait for a decision, and the way to the cart. */
export function WaitingList({ waiting }: { waiting: Overview["waiting"] }) {
  const { data } = useQuery({ ...modelSignalsQuery(["pending_approval"]), enabled: waiting.pending > 0 })
  const portfolios = useQuery({ ...portfoliosQuery(true), enabled: waiting.pending > 0 })
  const shown = waiting.pending > 0 ? (data?.items.slice(0, SHOWN) ?? []) : []
  return (
    <Section
      title="Waits for your approval"
      note={waiting.pending > 0 ? count(waiting.pending, "signal") : undefined}
      action={
        <span style={{ display: "flex", gap: 8 }}>
          {waiting.in_cart > 0 && (
            <LinkButton to="/cart" size="xs" variant="default">
              Cart ({waiting.in_cart})
            </LinkButton>
          )}
          {waiting.pending > 0 && (
            <LinkButton to="/approvals" size="xs">
              Review
            </LinkButton>
          )}
        </span>
      }
      flush
    >
      {waiting.pending === 0 && (
        <Text size="sm" c="dimmed" px="md" pb="md">
          Nothing. New signals come with the next scan.
        </Text>
      )}
      <ul className={classes.list}>
        {shown.map((signal) => (
          <li key={signal.id}>
            <Link to="/approvals" search={{ signal: signal.id }} className={classes.row}>
              <b>{signal.symbol}</b>
              <span className={classes.end}>
                <Amount value={signal.notional} decimals={0} />
              </span>
              <span className={classes.under}>
                <Whose portfolio={portfolios.data?.find(({ id }) => id === signal.portfolio_id)} />
                conviction {number(signal.conviction)}
              </span>
              <span className={`${classes.end} ${classes.under}`}>until {instant(signal.expires_at)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** Which portfolio would buy, and with which money. */
function Whose({ portfolio }: { portfolio: Portfolio | undefined }) {
  if (!portfolio) return null
  return (
    <>
      <ModeMark isPaper={portfolio.paper_mode} placedBy={portfolio.placed_by} /> {portfolio.name},{" "}
    </>
  )
}
