import { Badge } from "@mantine/core"
import { discreet, price } from "@tradertape/ui/format.ts"
import type { ModelPosition } from "@/lib/queries/models"

type Guarded = Pick<
  ModelPosition,
  | "symbol"
  | "guarded_by"
  | "standing_problem"
  | "exit_gtt_id"
  | "open_quantity"
  | "stop_price"
  | "target_price"
>

/** Who sells a position at its stop or target, in a word or two. */
export function guardName(row: Guarded): string {
  const { guarded_by, exit_gtt_id } = row
  if (guarded_by === "broker") return exit_gtt_id === null ? "Broker" : `Broker, GTT ${exit_gtt_id}`
  if (guarded_by === "server") return "This server"
  if (guarded_by === "candles") return "Daily candle"
  if (exit_gtt_id !== null) return `Your sale, GTT ${exit_gtt_id}`
  return hasLevel(row) ? "Nobody" : "Exit rules"
}

/** The same in sentences, with what has to be known about it; empty for a position that is closed. */
export function guardText(row: Guarded): string {
  if (row.open_quantity === 0) return ""
  const levels = [
    row.stop_price === null ? "" : `stop ${price(row.stop_price)}`,
    row.target_price === null ? "" : `target ${price(row.target_price)}`,
  ].filter(Boolean)
  const what = levels.join(" and ")
  if (row.guarded_by === "broker")
    return `Your broker holds ${what} as ${guardGtt(row)}, also while this server is down.`
  if (row.guarded_by === "server") {
    const why = row.standing_problem ? ` None waits at the broker: ${discreet(row.standing_problem)}` : ""
    return `This server compares each price with ${what}, while it runs.${why}`
  }
  if (row.guarded_by === "candles") return `Each day's candle is compared with ${what}, at the daily scan.`
  if (row.exit_gtt_id !== null)
    return `Your own sale, GTT ${row.exit_gtt_id}, takes the place of stop and target until it is reached.`
  if (levels.length > 0) return `Nothing sells ${row.symbol} at ${what} by itself now.`
  return `${row.symbol} has neither a stop nor a target: it is sold by a rule of the strategy, or by you.`
}

const guardGtt = ({ exit_gtt_id }: Guarded) => (exit_gtt_id === null ? "a GTT" : `GTT ${exit_gtt_id}`)

const hasLevel = (row: Guarded) => row.stop_price !== null || row.target_price !== null

/** Whether somebody should look at it: nobody guards it, or not the one who should. */
export const isGuardOdd = (row: Guarded): boolean =>
  row.open_quantity > 0 &&
  ((row.guarded_by === null && row.exit_gtt_id === null && hasLevel(row)) || row.standing_problem !== null)

/** Who guards a position, in a table. */
export function GuardMark({ row }: { row: Guarded }) {
  if (!isGuardOdd(row)) return <span title={guardText(row)}>{guardName(row)}</span>
  return (
    <Badge color="yellow" title={guardText(row)}>
      {guardName(row)}
    </Badge>
  )
}
