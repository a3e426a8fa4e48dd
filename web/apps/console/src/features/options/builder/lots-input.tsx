import { useState } from "react"
import { QuantityInput } from "@/components/forms/quantity-input"
import type { Figure } from "@/components/forms/typed-number"

interface Props {
  name: string
  lots: number
  onChange: (lots: number) => void
}

const MOST = 10_000

/** The lots of a leg. An emptied field leaves the leg as it is, and shows its lots again when it is left. */
export function LotsInput({ name, lots, onChange }: Props) {
  // The legs are in the URL, which follows what is typed a moment later.
  const [draft, setDraft] = useState<Figure | null>(null)
  const value = draft ?? lots
  const change = (next: Figure) => {
    setDraft(next)
    if (next !== "" && next >= 1 && next <= MOST) onChange(next)
  }
  return (
    <QuantityInput
      aria-label={`Lots of ${name}`}
      size="xs"
      w={68}
      value={value}
      error={value !== "" && (value < 1 || value > MOST)}
      onChange={change}
      onBlur={() => setDraft(null)}
    />
  )
}
