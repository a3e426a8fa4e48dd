import { type NumberProps, TypedNumber } from "./typed-number"

interface Props extends NumberProps {
  /** The price step of the instrument, in rupees. */
  step: number
  /** The most digits after the point, if an average of prices may have more than the step. */
  decimals?: number
}

/** A price in rupees, on the instrument's tick. */
export function PriceInput({ step, decimals, ...props }: Props) {
  const shown = Math.max(2, (String(step).split(".")[1] ?? "").length)
  return (
    <TypedNumber leftSection="₹" {...props} step={step} decimals={decimals ?? shown} shownDecimals={shown} />
  )
}

interface AmountProps extends NumberProps {
  step?: number
  isSigned?: boolean
}

/** An amount of money in rupees. */
export function AmountInput({ step = 1_000, ...props }: AmountProps) {
  return <TypedNumber leftSection="₹" {...props} step={step} decimals={2} />
}

interface ShareProps extends AmountProps {
  decimals?: number
}

/** A percentage, or any other number without a unit of its own. */
export function NumberField({ step = 1, decimals = 4, ...props }: ShareProps) {
  return <TypedNumber {...props} step={step} decimals={decimals} />
}
