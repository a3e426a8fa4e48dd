import { Badge, Skeleton } from "@mantine/core"
import { useQuery, useQueryClient } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { ApiError } from "@tradertape/api/client.ts"
import { date } from "@tradertape/ui/format.ts"
import { AlarmClockPlus, ArrowLeftRight, Layers } from "lucide-react"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { ErrorState } from "@/components/states/error-state"
import { useAccountEvents, useTick } from "@/lib/live"
import { activityQuery, type Instrument, instrumentQuery } from "@/lib/queries/live"
import { underlyingsQuery } from "@/lib/queries/options"
import { SymbolChart } from "./symbol/chart-section"
import { Depth } from "./symbol/depth"
import { Facts } from "./symbol/facts"
import { OwnActivity } from "./symbol/own-activity"
import { Quote } from "./symbol/quote"
import classes from "./symbol/symbol.module.css"
import { UnknownSymbol } from "./symbol/unknown"
import { WatchMenu } from "./symbol/watch-menu"

const route = getRouteApi("/frame/market/$id")

const OF_INDEX: Record<string, string> = {
  "NSE:NIFTY 50": "NIFTY",
  "NSE:NIFTY BANK": "BANKNIFTY",
  "NSE:NIFTY FIN SERVICE": "FINNIFTY",
  "NSE:NIFTY MID SELECT": "MIDCPNIFTY",
  "BSE:SENSEX": "SENSEX",
}

/** The option chain's underlying for an instrument. */
export function chainName({ instrument, underlying }: Pick<Instrument, "instrument" | "underlying">): string {
  return OF_INDEX[instrument] ?? underlying
}

/** One instrument: chart, quote, depth, and the account's orders and trades in it. */
export function SymbolPage() {
  const { id } = route.useParams()
  const instrument = useQuery(instrumentQuery(id))
  const { error } = instrument
  if (error instanceof ApiError && error.status === 404)
    return <UnknownSymbol id={id} message={error.message} />
  if (error && !instrument.data)
    return (
      <>
        <PageHeader title={id} crumbs={[{ label: "Market", to: "/market" }]} />
        <ErrorState
          error={error}
          what="The instrument"
          retry={() => void instrument.refetch()}
          back={{ label: "Market", to: "/market" }}
        />
      </>
    )
  if (!instrument.data) return <Waiting />
  return <Known key={instrument.data.instrument} instrument={instrument.data} />
}

function Known({ instrument }: { instrument: Instrument }) {
  const id = instrument.instrument
  const { interval } = route.useSearch()
  const navigate = route.useNavigate()
  const client = useQueryClient()
  const tick = useTick(id, "full")
  const activity = useQuery(activityQuery(id))
  useAccountEvents(() => void client.invalidateQueries({ queryKey: ["activity", id] }))
  const hasDepth = tick?.depth && (tick.depth.buy.length > 0 || tick.depth.sell.length > 0)
  return (
    <>
      <Header instrument={instrument} />
      <div className={classes.page}>
        <div className={classes.column}>
          <SymbolChart
            id={id}
            intervalId={interval}
            activity={activity.data}
            onInterval={(next) =>
              void navigate({ search: { interval: next }, replace: true, resetScroll: false })
            }
          />
          {activity.error && !activity.data && (
            <ErrorState
              error={activity.error}
              what="Your trades and orders"
              retry={() => void activity.refetch()}
            />
          )}
          {activity.data && <OwnActivity activity={activity.data} />}
        </div>
        <div className={classes.column}>
          <Quote instrument={instrument} tick={tick} />
          {hasDepth && tick?.depth && <Depth depth={tick.depth} />}
          <Facts instrument={instrument} tick={tick} />
        </div>
      </div>
    </>
  )
}

function Header({ instrument }: { instrument: Instrument }) {
  const { data: underlyings } = useQuery(underlyingsQuery)
  const underlying = chainName(instrument)
  const expiry = instrument.option_type ? (instrument.expiry ?? undefined) : undefined
  const note = instrument.name === instrument.tradingsymbol ? undefined : instrument.name
  return (
    <PageHeader
      title={instrument.tradingsymbol}
      crumbs={[{ label: "Market", to: "/market" }]}
      note={instrument.expiry ? `${instrument.name || underlying}, expires ${date(instrument.expiry)}` : note}
      chips={<Badge color="gray">{instrument.exchange}</Badge>}
      action={
        <>
          <WatchMenu id={instrument.instrument} />
          {underlyings?.includes(underlying) && (
            <LinkButton
              to="/options"
              search={{ underlying, expiry }}
              variant="default"
              leftSection={<Layers size={14} />}
            >
              Option chain
            </LinkButton>
          )}
          {instrument.instrument_type !== "INDEX" && (
            <>
              <LinkButton
                to="/gtts"
                search={{ make: instrument.instrument }}
                variant="default"
                leftSection={<AlarmClockPlus size={14} />}
              >
                New GTT
              </LinkButton>
              <LinkButton
                to="/trading"
                search={{ ticket: instrument.instrument, isNew: true }}
                leftSection={<ArrowLeftRight size={14} />}
              >
                Buy or sell
              </LinkButton>
            </>
          )}
        </>
      }
    />
  )
}

function Waiting() {
  return (
    <div aria-busy>
      <Skeleton height={28} width={180} mb={20} />
      <div className={classes.page}>
        <Skeleton height={520} />
        <Skeleton height={360} />
      </div>
    </div>
  )
}
