import { TextInput, type TextInputProps } from "@mantine/core"
import { type KeyboardEvent, useState } from "react"

export type Price = number | ""

interface Props extends Omit<TextInputProps, "value" | "onChange" | "onFocus" | "onBlur"> {
  value: Price
  onChange: (value: Price) => void
  /** The price step of the instrument, in rupees. */
  step: number
}

/** What was typed or pasted as a plain number, or null if it is none: "₹1,450.50" is 1450.50. */
export function plainPrice(typed: string, decimals: number): string | null {
  const plain = typed.replace(/[₹,\s]/g, "")
  return new RegExp(`^\\d*(\\.\\d{0,${decimals}})?$`).test(plain) ? plain : null
}

/** The price one step up or down, on the step. */
export function stepped(value: Price, step: number, direction: 1 | -1): number {
  const steps = (value === "" ? 0 : value) / step
  const next = direction === 1 ? Math.floor(steps + 1 + 1e-9) : Math.ceil(steps - 1 - 1e-9)
  return Math.max(0, Number((next * step).toFixed(4)))
}

/** A price in rupees. What is typed stays as it is typed; it is formatted on leaving the field. */
export function PriceInput({ value, onChange, step, ...props }: Props) {
  const [typed, setTyped] = useState<string | null>(null)
  const decimals = Math.max(2, (String(step).split(".")[1] ?? "").length)
  const change = (text: string) => {
    const plain = plainPrice(text, decimals)
    if (plain === null) return
    setTyped(plain)
    onChange(plain === "" || plain === "." ? "" : Number(plain))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return
    event.preventDefault()
    const next = stepped(value, step, event.key === "ArrowUp" ? 1 : -1)
    setTyped(String(next))
    onChange(next)
  }
  return (
    <TextInput
      inputMode="decimal"
      autoComplete="off"
      leftSection="₹"
      {...props}
      value={typed ?? (value === "" ? "" : grouped(value, decimals))}
      onFocus={() => setTyped(value === "" ? "" : String(value))}
      onBlur={() => setTyped(null)}
      onChange={(event) => change(event.currentTarget.value)}
      onKeyDown={onKeyDown}
    />
  )
}

function grouped(value: number, decimals: number): string {
  return value.toLocaleString("en-IN", { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
}
