import { TextInput, type TextInputProps } from "@mantine/core"
import { type ChangeEvent, type KeyboardEvent, type RefObject, useEffect, useRef, useState } from "react"

/** A number in a field; an empty field is an empty string. */
export type Figure = number | ""

export interface NumberProps extends Omit<TextInputProps, "value" | "defaultValue" | "onChange"> {
  value?: number | string | null
  onChange?: (value: Figure) => void
}

interface Props extends NumberProps {
  /** What an arrow key adds or takes away. */
  step: number
  /** The most digits after the point. */
  decimals: number
  /** The digits after the point that are always shown. */
  shownDecimals?: number
  isSigned?: boolean
}

/** What was typed or pasted as a plain number, or null if it is none: "₹1,450.50" is 1450.50. */
export function plainNumber(typed: string, decimals: number, isSigned = false): string | null {
  const plain = typed.replace(/[₹%,\s]/g, "").replace(/^−/, "-")
  const fraction = decimals > 0 ? `(\\.\\d{0,${decimals}})?` : ""
  return new RegExp(`^${isSigned ? "-?" : ""}\\d*${fraction}$`).test(plain) ? plain : null
}

/** The number one step up or down, on the step. */
export function stepped(value: Figure, step: number, direction: 1 | -1, isSigned = false): number {
  const steps = (value === "" ? 0 : value) / step
  const next = direction === 1 ? Math.floor(steps + 1 + 1e-9) : Math.ceil(steps - 1 - 1e-9)
  const found = Number((next * step).toFixed(4))
  return isSigned ? found : Math.max(0, found)
}

/** The number of a text that `plainNumber` accepts; "" while it has no digit. */
function figureOf(plain: string): Figure {
  return /\d/.test(plain) ? Number(plain) : ""
}

/**
 * A field for a number. What is typed stays as it is typed, and is formatted on leaving the field. A text that is no
 * number is not accepted. The field always shows the value that would be sent.
 */
export function TypedNumber(props: Props) {
  const { value: given, onChange, step, decimals, shownDecimals = 0, isSigned = false, ...rest } = props
  const value: Figure = given === "" || given == null ? "" : Number(given)
  const [typed, setTyped] = useState<string | null>(null)
  const isPressed = useRef(false)
  const field = useRef<HTMLInputElement>(null)
  useRefusal(field, (text) => plainNumber(text, decimals, isSigned) === null)
  const isCurrent = typed !== null && figureOf(plainNumber(typed, decimals, isSigned) ?? "") === value
  const shown = isCurrent ? typed : grouped(value, shownDecimals, decimals)
  const change = ({ currentTarget: { value: text } }: ChangeEvent<HTMLInputElement>) => {
    const plain = plainNumber(text, decimals, isSigned)
    if (plain === null) return
    setTyped(text)
    onChange?.(figureOf(plain))
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return
    event.preventDefault()
    if (rest.readOnly) return
    const next = stepped(value, step, event.key === "ArrowUp" ? 1 : -1, isSigned)
    setTyped(grouped(next, shownDecimals, decimals))
    onChange?.(next)
  }
  return (
    <TextInput
      inputMode={decimals > 0 ? "decimal" : "numeric"}
      autoComplete="off"
      {...rest}
      ref={field}
      value={shown}
      onChange={change}
      onKeyDown={onKeyDown}
      onPointerDown={() => {
        isPressed.current = true
      }}
      onFocus={(event) => {
        // The focus trap of a dialog moves the focus itself, and does not select the text as the browser does.
        if (!isPressed.current) event.currentTarget.select()
        rest.onFocus?.(event)
      }}
      onBlur={(event) => {
        isPressed.current = false
        setTyped(null)
        rest.onBlur?.(event)
      }}
    />
  )
}

/** Refuse what is typed or pasted before it is in the field, so that the caret stays where it is. */
function useRefusal(field: RefObject<HTMLInputElement | null>, isRefused: (text: string) => boolean): void {
  const refuses = useRef(isRefused)
  refuses.current = isRefused
  useEffect(() => {
    const input = field.current
    const check = (event: InputEvent) => {
      if (!input || !event.data) return
      const { value, selectionStart, selectionEnd } = input
      const next = value.slice(0, selectionStart ?? 0) + event.data + value.slice(selectionEnd ?? 0)
      if (refuses.current(next)) event.preventDefault()
    }
    input?.addEventListener("beforeinput", check)
    return () => input?.removeEventListener("beforeinput", check)
  }, [field])
}

function grouped(value: Figure, least: number, most: number): string {
  if (value === "" || Number.isNaN(value)) return ""
  return value.toLocaleString("en-IN", {
    minimumFractionDigits: least,
    maximumFractionDigits: Math.max(least, most),
  })
}
