import { Badge, SegmentedControl, Select, Skeleton, Stack } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import type { OrderSide } from "@tradertape/api/options.ts"
import { date } from "@tradertape/ui/format.ts"
import { Layers } from "lucide-react"
import { useState } from "react"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { optionCardsQuery } from "@/lib/queries/option-runs"
import { chainQuery, optionSessionQuery, underlyingsQuery } from "@/lib/queries/options"
import { Builder } from "./builder/builder"
import { type Leg, picked, readLegs, writeLegs } from "./builder/legs"
import { ChainTable } from "./chain/chain-table"
import type { Figures, Sides } from "./chain/side-columns"
import { ChainBand } from "./chain-band"
import { ChainCharts } from "./chain-charts"
import classes from "./options.module.css"

const route = getRouteApi("/frame/options")
const NO_LEGS: readonly Leg[] = []

/** A live option chain and the strategy builder. */
export function OptionsPage() {
  const { underlying = "NIFTY", expiry, legs: written } = route.useSearch()
  const navigate = route.useNavigate()
  const underlyings = useQuery(underlyingsQuery)
  const session = useQuery(optionSessionQuery(underlying))
  const day =
    expiry && session.data?.expiries.includes(expiry) ? expiry : (session.data?.nearest_expiry ?? "")
  const chain = useQuery(chainQuery(underlying, day))
  const legs = written ? readLegs(written) : (NO_LEGS as Leg[])
  const [figures, setFigures] = useState<Figures>("prices")
  const isPhone = useMediaQuery("(max-width: 699px)", false)
  const [side, setSide] = useState<"CE" | "PE">("CE")
  const sides: Sides = isPhone ? side : "both"

  const setLegs = (next: readonly Leg[]) =>
    void navigate({ search: (all) => ({ ...all, legs: writeLegs(next) }), replace: true, resetScroll: false })
  const pick = (symbol: string, side: OrderSide) => setLegs(picked(legs, symbol, side))
  const failed = session.error ?? chain.error

  return (
    <>
      <PageHeader
        title="Options"
        chips={
          <>
            {session.data && (
              <Badge color={session.data.is_open ? "green" : "gray"}>
                {session.data.is_open ? (session.data.demo ? "Demo session" : "Open") : "Closed"}
              </Badge>
            )}
            {chain.data?.is_stale && <Badge color="yellow">Stale prices</Badge>}
          </>
        }
        action={<OptionRunsLink />}
      />
      <div className={classes.pickers}>
        <Select
          aria-label="Underlying"
          w={150}
          data={underlyings.data ?? [underlying]}
          value={underlying}
          onChange={(value) =>
            value && void navigate({ search: { underlying: value }, replace: true, resetScroll: false })
          }
        />
        {session.data && (
          <div className={classes.expiries}>
            <SegmentedControl
              aria-label="Expiry"
              value={day}
              onChange={(value) =>
                void navigate({
                  search: (all) => ({ ...all, expiry: value }),
                  replace: true,
                  resetScroll: false,
                })
              }
              data={session.data.expiries.map((one) => ({ value: one, label: date(one).slice(0, -5) }))}
            />
          </div>
        )}
      </div>
      {failed && !chain.data ? (
        <ErrorState
          error={failed}
          what="The option chain"
          retry={() => {
            void session.refetch()
            void chain.refetch()
          }}
        />
      ) : !session.data || !chain.data ? (
        <Waiting />
      ) : (
        <Stack gap="md">
          <ChainBand chain={chain.data} session={session.data} />
          <div className={classes.beside}>
            <Section
              title={`${underlying} ${date(day)}`}
              note={chain.error ? "The last update failed; showing earlier figures." : undefined}
              flush
              action={
                <ChainViews
                  figures={figures}
                  onFigures={setFigures}
                  side={isPhone ? side : undefined}
                  onSide={setSide}
                />
              }
            >
              <div style={{ opacity: chain.data.is_stale || chain.error ? 0.6 : 1 }}>
                <ChainTable chain={chain.data} legs={legs} figures={figures} sides={sides} onPick={pick} />
              </div>
            </Section>
            <div className={classes.builder}>
              <Builder session={session.data} expiry={day} legs={legs} onLegs={setLegs} />
            </div>
          </div>
          <ChainCharts chain={chain.data} />
        </Stack>
      )}
    </>
  )
}

/** Link to the option runs. */
function OptionRunsLink() {
  const { data } = useQuery({ ...optionCardsQuery(false), refetchInterval: 30_000 })
  return (
    <LinkButton
      to="/workers"
      search={{ tab: "options" }}
      variant="default"
      leftSection={<Layers size={14} />}
    >
      Option runs{data && data.length > 0 ? ` (${data.length})` : ""}
    </LinkButton>
  )
}

interface ViewsProps {
  figures: Figures
  onFigures: (figures: Figures) => void
  side: "CE" | "PE" | undefined
  onSide: (side: "CE" | "PE") => void
}

function ChainViews({ figures, onFigures, side, onSide }: ViewsProps) {
  return (
    <div style={{ display: "flex", gap: 8, flexWrap: "wrap", justifyContent: "flex-end" }}>
      {side && (
        <SegmentedControl
          aria-label="Calls or puts"
          value={side}
          onChange={(value) => onSide(value as "CE" | "PE")}
          data={[
            { value: "CE", label: "Calls" },
            { value: "PE", label: "Puts" },
          ]}
        />
      )}
      <SegmentedControl
        aria-label="What the chain shows"
        value={figures}
        onChange={(value) => onFigures(value as Figures)}
        data={[
          { value: "prices", label: "Prices" },
          { value: "greeks", label: "Greeks" },
        ]}
      />
    </div>
  )
}

function Waiting() {
  return (
    <Stack gap="md" role="status" aria-busy aria-label="Loading the chain">
      <Skeleton height={66} />
      <Skeleton height={560} />
      <Skeleton height={220} />
    </Stack>
  )
}
