import { count, number } from "@tradertape/ui/format.ts"
import { type Figure, type NumberProps, TypedNumber } from "./typed-number"

interface Props extends NumberProps {
  /** Units of a lot: 1 for shares. */
  lot?: number
}

/** What a quantity of a derivative is in lots; undefined for shares. */
export function lotsText(quantity: Figure, lot: number): string | undefined {
  if (lot <= 1) return undefined
  const lots = quantity === "" ? 0 : quantity / lot
  if (quantity !== "" && lots > 0 && Number.isInteger(lots)) return `${count(lots, "lot")} of ${number(lot)}`
  return `In lots of ${number(lot)}`
}

/** A number of units or lots. The arrow keys step by the lot, and a derivative's lots are shown below. */
export function QuantityInput({ lot = 1, description, ...props }: Props) {
  const value = props.value === "" || props.value == null ? "" : Number(props.value)
  return <TypedNumber {...props} description={description ?? lotsText(value, lot)} step={lot} decimals={0} />
}
