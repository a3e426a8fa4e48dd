import { number } from "@tradertape/ui/format.ts"
import { type ComponentProps, useState } from "react"
import { type Figure, TypedNumber } from "./typed-number"

interface Props extends Omit<ComponentProps<typeof TypedNumber>, "value" | "onChange" | "min" | "max"> {
  value: number | null
  /** null: the field was emptied and may be empty. */
  onChange: (value: number | null) => void
  mayBeEmpty?: boolean
  /** The bounds, which an error under the field names; what is typed is not changed to fit them. */
  min?: number
  max?: number
}

/** The range that a number must be in, or null if it is in it. */
export function outsideText(value: number | null, min?: number, max?: number): string | null {
  if (value === null || (value >= (min ?? value) && value <= (max ?? value))) return null
  if (max === undefined) return `At least ${number(min)}`
  return min === undefined ? `At most ${number(max)}` : `${number(min)} to ${number(max)}`
}

/** A number that something else holds. An emptied field stays empty until it is left, then shows what is held. */
export function RequiredNumber(props: Props) {
  const { value, onChange, mayBeEmpty = false, onBlur, min, max, ...rest } = props
  const [isEmptied, setEmptied] = useState(false)
  const change = (next: Figure) => {
    setEmptied(next === "")
    if (next !== "") onChange(next)
    else if (mayBeEmpty) onChange(null)
  }
  return (
    <TypedNumber
      {...rest}
      error={rest.error ?? outsideText(isEmptied ? null : value, min, max)}
      value={isEmptied ? "" : value}
      onChange={change}
      onBlur={(event) => {
        setEmptied(false)
        onBlur?.(event)
      }}
    />
  )
}
