import { Button, Menu } from "@mantine/core"
import type { ConditionType } from "@tradertape/api/strategy.ts"
import { Plus } from "lucide-react"
import { addCondition } from "../../tree/moves"
import { blankCondition, CONDITION_TITLES } from "../../tree/nodes"
import type { Path } from "../../tree/path"
import { useEditing } from "../state/editor-context"

const KINDS: ConditionType[] = [
  "compare",
  "cross",
  "between",
  "for_bars",
  "and",
  "or",
  "count",
  "not",
  "in",
  "random",
]

/** A menu that adds a condition at the end of a group. */
export function AddCondition({ path, label }: { path: Path; label: string }) {
  const { document, change, isReadOnly } = useEditing()
  if (isReadOnly) return null
  return (
    <Menu position="bottom-start" width={230}>
      <Menu.Target>
        <Button
          variant="subtle"
          c="var(--tt-text)"
          size="compact-xs"
          leftSection={<Plus size={13} />}
          w="fit-content"
          aria-label={`Add a condition to ${label}`}
        >
          Add condition
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {KINDS.map((kind) => (
          <Menu.Item key={kind} onClick={() => change(addCondition(document, path, blankCondition(kind)))}>
            {CONDITION_TITLES[kind]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
