import { Button } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { useRouterState } from "@tanstack/react-router"
import { KeyRound } from "lucide-react"
import { connectionState, countdown, needingLogin, remainingMs } from "@/lib/brokers/state"
import { type BrokerRow, brokersQuery } from "@/lib/queries/brokers"
import { useNow } from "@/lib/use-now"
import classes from "./brokers.module.css"
import { useConnect } from "./use-connect"

/** On every page: brokers whose session is over or ends within minutes, each with its login. */
export default function SessionBanner() {
  const { data } = useQuery(brokersQuery)
  const now = useNow(1_000)
  const isCallback = useRouterState({ select: ({ location }) => location.pathname.startsWith("/brokers/") })
  if (!data || isCallback) return null
  return needingLogin(data, now).map((row) => <Line key={row.name} row={row} now={now} />)
}

function Line({ row, now }: { row: BrokerRow; now: Date }) {
  const connecting = useConnect()
  const isOver = connectionState(row, now) === "expired"
  return (
    <div className={classes.banner} role="status">
      <KeyRound size={16} aria-hidden />
      {/* A countdown that is read aloud every second would be noise. */}
      <span aria-live="off">
        {isOver
          ? `Your ${row.title} session has ended: its prices, holdings and orders are not current. Log in to continue.`
          : `Your ${row.title} session ends in ${countdown(remainingMs(row, now) ?? 0)}. Log in again after that.`}
      </span>
      {isOver && (
        <Button loading={connecting.isPending} onClick={() => connecting.mutate(row)}>
          Log in to {row.title}
        </Button>
      )}
    </div>
  )
}
