import { Alert, Skeleton, Stack } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Link, useParams } from "@tanstack/react-router"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { date, discreet, instant, number, percent, price, quantity } from "@tradertape/ui/format.ts"
import { useScaled } from "@tradertape/ui/scaled.ts"
import { useMemo } from "react"
import { shifted } from "@/components/models/days"
import { guardName, guardText, isGuardOdd } from "@/components/models/guard"
import { ModeMark } from "@/components/models/mode-mark"
import { toStop } from "@/components/models/position-columns"
import { SignalChart } from "@/components/models/signal-chart"
import { exitText } from "@/components/models/words"
import { PageHeader } from "@/components/page/page-header"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { ScaledTrading } from "@/components/states/scaled-note"
import { type ModelPosition, type Story, storyQuery } from "@/lib/queries/models"
import { Close } from "./close"
import { levelsOf, marksOf } from "./position-marks"
import classes from "./story.module.css"

const CRUMBS = [{ label: "Positions", to: "/positions" }]
const ROOM_DAYS = 150

/** One position from its signal to its exit. */
export function StoryPage() {
  const { id } = useParams({ from: "/frame/positions/$id" })
  const { data, error, refetch } = useQuery(storyQuery(Number(id)))
  if (!data)
    return (
      <>
        <PageHeader title="Position" crumbs={CRUMBS} />
        {error ? (
          <ErrorState
            error={error}
            what="This position"
            back={{ label: "All positions", to: "/positions" }}
            retry={() => void refetch()}
          />
        ) : (
          <Skeleton height={480} />
        )}
      </>
    )
  return <Told story={data} />
}

function Told({ story }: { story: Story }) {
  const { position } = story
  useScaled(position.scaled)
  return (
    <>
      <PageHeader
        title={position.symbol}
        chips={<ModeMark isPaper={story.paper_mode} placedBy={story.placed_by} />}
        crumbs={CRUMBS}
        note={
          <>
            {position.open_quantity > 0
              ? `Held since ${date(position.entry_date)}`
              : `Sold ${date(position.exit_date)}: ${exitText(position.exit_reason)}`}{" "}
            in{" "}
            <Link
              to="/portfolios/$id"
              params={{ id: String(position.portfolio_id) }}
              style={{ color: "var(--tt-accent)" }}
            >
              {story.portfolio_name}
            </Link>
            , by {story.strategy_name}
          </>
        }
        action={position.open_quantity > 0 && <Close story={story} />}
      />
      <Stack gap="md">
        <ScaledTrading shown={position.scaled} />
        {isGuardOdd(position) && (
          <Alert color="yellow" title="Stop and target">
            {guardText(position)}
          </Alert>
        )}
        <Section title="In figures" note={isGuardOdd(position) ? undefined : guardText(position)}>
          <Figures position={position} />
        </Section>
        <div className={classes.split}>
          <Section title="Candles">
            <Chart story={story} />
          </Section>
          <Section title="Story" note="Oldest first; times in IST">
            <Events story={story} />
          </Section>
        </div>
      </Stack>
    </>
  )
}

function Chart({ story }: { story: Story }) {
  const { position } = story
  const levels = useMemo(() => levelsOf(position), [position])
  const marks = useMemo(() => marksOf(position), [position])
  const end = position.exit_date ?? shifted(position.entry_date, 400)
  return (
    <SignalChart
      symbol={position.symbol}
      dataSet={story.data_set}
      start={shifted(position.entry_date, -ROOM_DAYS)}
      end={position.exit_date ? shifted(end, 20) : end}
      levels={levels}
      marks={marks}
      label={`Candles of ${position.symbol} with entry, stop, target and exit`}
      height={360}
    />
  )
}

function Figures({ position }: { position: ModelPosition }) {
  const isOpen = position.open_quantity > 0
  return (
    <dl className={classes.stats} aria-label="Figures of the position">
      <Stat
        label="Net P&L"
        hint="After charges, with what is not sold at the last close."
        value={<Delta kind="money" value={position.net_pnl} decimals={2} />}
      />
      {isOpen && <Stat label="Unrealised" value={<Delta value={position.unrealised_pct} decimals={2} />} />}
      <Stat label="Shares" value={quantity(isOpen ? position.open_quantity : position.quantity)} />
      <Stat label="Average price" value={price(position.average_price)} />
      <Stat
        label={isOpen ? "Last close" : "Exit price"}
        value={price(isOpen ? position.ltp : position.exit_price)}
      />
      {isOpen && <Stat label="Value" value={<Amount value={position.market_value} decimals={0} />} />}
      {isOpen && (
        <Stat
          label="Stop"
          value={price(position.stop_price)}
          note={position.stop_price === null ? undefined : `${percent(toStop(position))} away`}
        />
      )}
      {isOpen && <Stat label="Target" value={price(position.target_price)} />}
      {isOpen && <Stat label="Guarded by" value={guardName(position)} />}
      <Stat
        label="R multiple"
        hint="Result in multiples of the initial risk."
        value={number(position.r_multiple, 2)}
      />
      <Stat label="Days held" value={number(position.bars_held)} />
      <Stat
        label="Worst, best"
        hint="The furthest it went against and for you."
        value={
          <>
            <Delta value={position.mae_pct} /> <Delta value={position.mfe_pct} />
          </>
        }
      />
      <Stat label="Charges" value={<Amount value={position.charges} />} />
    </dl>
  )
}

function Events({ story }: { story: Story }) {
  return (
    <ol className={classes.events} aria-label="Story">
      {story.events.map((event, i) => (
        <li key={`${event.title} ${i}`} className={classes.event} data-kind={event.kind}>
          <div className={classes.head}>
            <span className={classes.title}>{event.title}</span>
            <span className={classes.when}>
              {event.at ? instant(event.at) : date(event.day)}
              {event.by && `, ${event.by}`}
            </span>
          </div>
          {event.text && <div>{discreet(event.text)}</div>}
        </li>
      ))}
    </ol>
  )
}
