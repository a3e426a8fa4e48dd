import { Select } from "@mantine/core"
import type { Path } from "../../tree/path"
import { useEditing, usePlace, useProblem } from "../state/editor-context"

interface Props {
  path: Path
  label: string
  options: { value: string; label: string }[]
}

export function SelectField({ path, label, options }: Props) {
  const [value, setValue] = usePlace<string>(path)
  const { isReadOnly } = useEditing()
  const problem = useProblem(path)
  return (
    <Select
      label={label}
      data={options}
      value={value ?? null}
      onChange={(next) => next && setValue(next)}
      readOnly={isReadOnly}
      error={problem}
    />
  )
}
