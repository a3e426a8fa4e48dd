import { NumberInput } from "@mantine/core"
import type { Path } from "../../tree/path"
import { useEditing, usePlace, useProblem } from "../state/editor-context"

interface Props {
  path: Path
  label: string
  unit?: string
  hint?: string
  /** The meaning of an empty field; without it the field is required. */
  off?: string
  min?: number
  max?: number
  step?: number
  isWhole?: boolean
}

/** A number of the document. An empty field is null: switched off. */
export function NumberField({ path, label, unit, hint, off, min, max, step, isWhole = false }: Props) {
  const [value, setValue] = usePlace<number | null>(path)
  const { isReadOnly } = useEditing()
  const problem = useProblem(path)
  return (
    <NumberInput
      size="xs"
      label={unit ? `${label} (${unit})` : label}
      description={hint}
      placeholder={off}
      value={value ?? ""}
      onChange={(next) => {
        if (typeof next === "number") setValue(next)
        else if (off) setValue(null)
      }}
      allowDecimal={!isWhole}
      min={min}
      max={max}
      step={step ?? 1}
      clampBehavior="none"
      readOnly={isReadOnly}
      error={problem}
    />
  )
}
