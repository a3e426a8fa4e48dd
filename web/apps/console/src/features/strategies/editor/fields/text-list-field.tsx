import { TagsInput } from "@mantine/core"
import type { Path } from "../../tree/path"
import { useEditing, usePlace, useProblem } from "../state/editor-context"

interface Props {
  path: Path
  label: string
  placeholder: string
  known?: string[]
  isUpper?: boolean
}

/** A list of strings of the document: symbols, sectors, tags. */
export function TextListField({ path, label, placeholder, known = [], isUpper = false }: Props) {
  const [value = [], setValue] = usePlace<string[]>(path)
  const { isReadOnly } = useEditing()
  const problem = useProblem(path, true)
  return (
    <TagsInput
      size="xs"
      label={label}
      placeholder={value.length === 0 ? placeholder : ""}
      data={known}
      value={value}
      onChange={(next) => setValue(isUpper ? next.map((text) => text.toUpperCase()) : next)}
      splitChars={[",", " "].slice(0, isUpper ? 2 : 1)}
      readOnly={isReadOnly}
      error={problem}
    />
  )
}
