import { exact } from "../format.ts"
import { Masked } from "./masked.tsx"

type Figure = number | string | null | undefined

interface Props {
  value: Figure
  decimals?: number
  short?: boolean
  className?: string
}

/** A rupee amount, hidden in discreet mode. */
export function Amount({ value, decimals = 2, short = false, className }: Props) {
  const text = short ? exact.moneyShort(value) : exact.money(value, decimals)
  return <Masked text={text} className={className} />
}

/** Units that somebody holds, bought or ordered; hidden in discreet mode. */
export function Quantity({ value, decimals, className }: Omit<Props, "short">) {
  return <Masked text={exact.quantity(value, decimals)} className={className} />
}
