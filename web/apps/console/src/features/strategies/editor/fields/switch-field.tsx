import { Switch } from "@mantine/core"
import type { Path } from "../../tree/path"
import { useEditing, usePlace } from "../state/editor-context"

interface Props {
  path: Path
  label: string
  hint?: string
}

export function SwitchField({ path, label, hint }: Props) {
  const [value = false, setValue] = usePlace<boolean>(path)
  const { isReadOnly } = useEditing()
  return (
    <Switch
      size="xs"
      label={label}
      description={hint}
      checked={value}
      disabled={isReadOnly}
      onChange={(event) => setValue(event.currentTarget.checked)}
    />
  )
}
