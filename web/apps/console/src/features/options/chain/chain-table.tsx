import { useVirtualizer } from "@tanstack/react-virtual"
import type { Chain } from "@tradertape/api/generated/types.gen.ts"
import type { OrderSide } from "@tradertape/api/options.ts"
import { useLayoutEffect, useMemo, useRef } from "react"
import { ScrollRegion } from "@/components/page/scroll-region"
import type { Leg } from "../builder/legs"
import classes from "./chain.module.css"
import { ChainLine } from "./chain-line"
import { type Figures, mostOpen, type Sides, sideColumns } from "./side-columns"

const ROW_PX = 34
const HEIGHT_PX = 510

interface Props {
  chain: Chain
  legs: readonly Leg[]
  figures: Figures
  sides: Sides
  onPick: (symbol: string, side: OrderSide) => void
}

/** Calls and puts by strike. Scrolled to the money at first; renders only the strikes in view. */
export function ChainTable({ chain, legs, figures, sides, onPick }: Props) {
  const frame = useRef<HTMLElement>(null)
  const columns = useMemo(() => sideColumns(figures), [figures])
  const most = useMemo(() => mostOpen(chain.rows), [chain.rows])
  const virtual = useVirtualizer({
    count: chain.rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
    initialRect: { width: 1_000, height: HEIGHT_PX },
  })
  const atMoney = chain.rows.findIndex((row) => row.is_atm)
  // biome-ignore lint/correctness/useExhaustiveDependencies: scroll once per chain, not when the money moves
  useLayoutEffect(() => {
    if (frame.current && atMoney >= 0) frame.current.scrollTop = atMoney * ROW_PX - HEIGHT_PX / 2 + ROW_PX
  }, [chain.underlying, chain.expiry, sides])

  const shown = virtual.getVirtualItems()
  const above = shown[0]?.start ?? 0
  const below = virtual.getTotalSize() - (shown.at(-1)?.end ?? 0)
  const beyond = chain.rows.findIndex((row) => row.strike > chain.spot_ltp)
  return (
    <>
      {sides === "both" && (
        <div className={classes.sides} aria-hidden>
          <span>Calls</span>
          <span>Puts</span>
        </div>
      )}
      <ScrollRegion
        ref={frame}
        className={classes.frame}
        style={{ maxHeight: HEIGHT_PX }}
        label={`Option chain of ${chain.underlying}`}
      >
        <table className={classes.table} aria-rowcount={chain.rows.length + 1} data-sides={sides}>
          <Head columns={columns} sides={sides} />
          <tbody>
            {above > 0 && <tr style={{ height: above }} aria-hidden />}
            {shown.map((item) => {
              const row = chain.rows[item.index]
              if (!row) return null
              return (
                <ChainLine
                  key={row.strike}
                  row={row}
                  index={item.index}
                  columns={columns}
                  sides={sides}
                  mostOpen={most}
                  spot={chain.spot_ltp}
                  isFirstAboveSpot={item.index === beyond}
                  legs={legs}
                  onPick={onPick}
                />
              )
            })}
            {below > 0 && <tr style={{ height: below }} aria-hidden />}
          </tbody>
        </table>
      </ScrollRegion>
    </>
  )
}

type Columns = ReturnType<typeof sideColumns>

/** The headers of one side, outermost first. Screen readers hear the side, which is otherwise shown above. */
function sideHeads(columns: Columns, side: "Call" | "Put") {
  const whose = <span className={classes.hidden}>{side} </span>
  return [
    ...columns.map((column) => (
      <th
        key={column.id}
        scope="col"
        title={column.hint}
        data-extra={column.isExtra || undefined}
        data-spare={column.isSpare || undefined}
      >
        {whose}
        {column.header}
      </th>
    )),
    <th key="change" scope="col" title="Percent change from the previous close" data-extra>
      {whose}
      Chg %
    </th>,
    <th key="ltp" scope="col" title="Last price">
      {whose}
      LTP
    </th>,
    <th key="pick" scope="col" className={classes.picks}>
      <span className={classes.hidden}>{side}: buy or sell</span>
    </th>,
  ]
}

function Head({ columns, sides }: { columns: Columns; sides: Sides }) {
  return (
    <thead>
      <tr aria-rowindex={1}>
        {sides !== "PE" && sideHeads(columns, "Call")}
        <th scope="col" className={classes.strike}>
          Strike
        </th>
        {sides !== "CE" && sideHeads(columns, "Put").toReversed()}
      </tr>
    </thead>
  )
}
