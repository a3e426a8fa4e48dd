import { money, moneyShort } from "../format.ts"

interface Props {
  value: number | string | null | undefined
  decimals?: number
  short?: boolean
}

/** A rupee amount that discreet mode can blur. */
export function Amount({ value, decimals = 2, short = false }: Props) {
  return <span className="tt-num tt-amount">{short ? moneyShort(value) : money(value, decimals)}</span>
}
