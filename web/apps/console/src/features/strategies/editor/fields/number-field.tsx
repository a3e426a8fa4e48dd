import { RequiredNumber } from "@/components/forms/required-number"
import type { Path } from "../../tree/path"
import { useEditing, usePlace, useProblem } from "../state/editor-context"

interface Props {
  path: Path
  label: string
  unit?: string
  hint?: string
  /** The meaning of an empty field; without it the field is required. */
  off?: string
  /** The least value: a negative number can be typed only where it is negative or absent. */
  min?: number
  max?: number
  step?: number
  isWhole?: boolean
}

/** A number of the document. An empty field is null: switched off. */
export function NumberField({ path, label, unit, hint, off, min, step, isWhole = false }: Props) {
  const [value, setValue] = usePlace<number | null>(path)
  const { isReadOnly } = useEditing()
  const problem = useProblem(path)
  return (
    <RequiredNumber
      size="xs"
      label={unit ? `${label} (${unit})` : label}
      description={hint}
      placeholder={off}
      value={value ?? null}
      onChange={setValue}
      mayBeEmpty={off !== undefined}
      decimals={isWhole ? 0 : 6}
      isSigned={min === undefined || min < 0}
      step={step ?? 1}
      readOnly={isReadOnly}
      error={problem}
    />
  )
}
