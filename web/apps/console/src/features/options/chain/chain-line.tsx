import type { ChainRow, ChainSide } from "@tradertape/api/generated/types.gen.ts"
import type { OptionType, OrderSide } from "@tradertape/api/options.ts"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { number, price } from "@tradertape/ui/format.ts"
import { Flash } from "@/components/states/flash"
import { isInMoney, type Leg, lotsOf } from "../builder/legs"
import classes from "./chain.module.css"
import { changePct, type SideColumn, type Sides } from "./side-columns"

interface Props {
  row: ChainRow
  index: number
  columns: SideColumn[]
  sides: Sides
  mostOpen: number
  spot: number
  isFirstAboveSpot: boolean
  legs: readonly Leg[]
  onPick: (symbol: string, side: OrderSide) => void
}

/** A row of the chain: call, strike, put. */
export function ChainLine({ row, index, sides, spot, isFirstAboveSpot, ...rest }: Props) {
  return (
    <tr
      className={classes.line}
      data-atm={row.is_atm || undefined}
      data-spot={isFirstAboveSpot || undefined}
      aria-rowindex={index + 2}
    >
      {sides !== "PE" && <Side type="CE" side={row.CE} strike={row.strike} spot={spot} {...rest} />}
      <th scope="row" className={classes.strike}>
        {isFirstAboveSpot && <span className={classes.spot}>{price(spot)}</span>}
        {number(row.strike, Number.isInteger(row.strike) ? 0 : 2)}
      </th>
      {sides !== "CE" && <Side type="PE" side={row.PE} strike={row.strike} spot={spot} {...rest} />}
    </tr>
  )
}

interface SideProps extends Pick<Props, "columns" | "mostOpen" | "legs" | "onPick" | "spot"> {
  type: OptionType
  side: ChainSide | null
  strike: number
}

function Side({ type, side, strike, spot, columns, mostOpen, legs, onPick }: SideProps) {
  const isIn = isInMoney(type, strike, spot) || undefined
  const figures = columns.map((column) => (
    <td
      key={column.id}
      data-in={isIn}
      data-extra={column.isExtra || undefined}
      data-spare={column.isSpare || undefined}
      className={classes.figure}
    >
      {column.id === "oi" && side && <OpenBar part={side.oi / mostOpen} type={type} />}
      {side ? column.text(side) : "–"}
    </td>
  ))
  const last = [
    <td key="change" data-in={isIn} data-extra>
      <Delta value={side ? changePct(side) : null} />
    </td>,
    <td key="ltp" data-in={isIn} className={classes.last}>
      <Flash value={side?.ltp}>{price(side?.ltp)}</Flash>
    </td>,
    <td key="pick" data-in={isIn} className={classes.picks}>
      {side && <Picks symbol={side.tradingsymbol} what={`${strike} ${type}`} legs={legs} onPick={onPick} />}
    </td>,
  ]
  return <>{type === "CE" ? [...figures, ...last] : [...last.toReversed(), ...figures.toReversed()]}</>
}

function OpenBar({ part, type }: { part: number; type: OptionType }) {
  return (
    <span
      aria-hidden
      className={classes.open}
      data-type={type}
      style={{ width: `${Math.round(part * 100)}%` }}
    />
  )
}

interface PicksProps {
  symbol: string
  what: string
  legs: readonly Leg[]
  onPick: (symbol: string, side: OrderSide) => void
}

function Picks({ symbol, what, legs, onPick }: PicksProps) {
  const lots = lotsOf(legs, symbol)
  return (
    <span className={classes.buttons} data-held={lots !== 0 || undefined}>
      <button
        type="button"
        className={classes.buy}
        onClick={() => onPick(symbol, "BUY")}
        aria-label={`Buy ${what}`}
        data-on={lots > 0 || undefined}
      >
        {lots > 0 ? `B${lots}` : "B"}
      </button>
      <button
        type="button"
        className={classes.sell}
        onClick={() => onPick(symbol, "SELL")}
        aria-label={`Sell ${what}`}
        data-on={lots < 0 || undefined}
      >
        {lots < 0 ? `S${-lots}` : "S"}
      </button>
    </span>
  )
}
