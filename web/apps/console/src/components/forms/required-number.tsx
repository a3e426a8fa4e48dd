import { type ComponentProps, useState } from "react"
import { type Figure, TypedNumber } from "./typed-number"

interface Props extends Omit<ComponentProps<typeof TypedNumber>, "value" | "onChange"> {
  value: number | null
  /** null: the field was emptied and may be empty. */
  onChange: (value: number | null) => void
  mayBeEmpty?: boolean
}

/** A number that something else holds. An emptied field stays empty until it is left, then shows what is held. */
export function RequiredNumber({ value, onChange, mayBeEmpty = false, onBlur, ...props }: Props) {
  const [isEmptied, setEmptied] = useState(false)
  const change = (next: Figure) => {
    setEmptied(next === "")
    if (next !== "") onChange(next)
    else if (mayBeEmpty) onChange(null)
  }
  return (
    <TypedNumber
      {...props}
      value={isEmptied ? "" : value}
      onChange={change}
      onBlur={(event) => {
        setEmptied(false)
        onBlur?.(event)
      }}
    />
  )
}
