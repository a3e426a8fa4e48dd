import { Text } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { count, percent, price as priceText, sentence } from "@tradertape/ui/format.ts"
import { Section } from "@/components/page/section"
import { Flash } from "@/components/states/flash"
import { useTick } from "@/lib/live"
import type { Overview } from "@/lib/queries/models"
import classes from "./models.module.css"

type Near = Overview["near"][number]

/** Positions within a few percent of their stop or target, the nearest first. */
export function NearList({ near, positions }: { near: Overview["near"]; positions: number }) {
  if (positions === 0) return null
  return (
    <Section title="Near a stop or target" note="Within 3% at the last close" flush>
      {near.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          None of your {count(positions, "open position")} is.
        </Text>
      ) : (
        <ul className={classes.list}>
          {near.map((one) => (
            <li key={`${one.position.id} ${one.level}`}>
              <Row near={one} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

function Row({ near }: { near: Near }) {
  const { position, level, price, distance_pct } = near
  const tick = useTick(`${position.exchange}:${position.symbol}`, "ltp")
  return (
    <Link to="/positions/$id" params={{ id: String(position.id) }} className={classes.row}>
      <b>{position.symbol}</b>
      <span className={`${classes.end} ${level === "stop" ? "tt-loss" : "tt-gain"}`}>
        {sentence(level)} {priceText(price)},{" "}
        {distance_pct >= 0 ? `${percent(distance_pct, 2)} away` : "passed"}
      </span>
      <span className={classes.under}>{near.portfolio_name}</span>
      <span className={`${classes.end} ${classes.under}`}>
        close {priceText(position.ltp)}
        {tick && (
          <>
            , now <Flash value={tick.ltp}>{priceText(tick.ltp)}</Flash>
          </>
        )}
      </span>
    </Link>
  )
}
