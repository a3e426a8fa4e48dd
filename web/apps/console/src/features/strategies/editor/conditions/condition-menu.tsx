import { ActionIcon, Menu } from "@mantine/core"
import type { Condition, ConditionType } from "@tradertape/api/strategy.ts"
import { ArrowDown, ArrowUp, Copy, CornerUpLeft, Ellipsis, Group, Trash2, Ungroup } from "lucide-react"
import { canUnwrap, moveOut, parentPath, removeCondition, shift, unwrap, wrap } from "../../tree/moves"
import { CONDITION_TITLES, convert } from "../../tree/nodes"
import { getAt, insertAt, type Path, setAt } from "../../tree/path"
import { useEditing, usePlace } from "../state/editor-context"

const KINDS = Object.keys(CONDITION_TITLES) as ConditionType[]

/** The actions on a node: move, copy, group, change type, remove. */
export function ConditionMenu({ path, label }: { path: Path; label: string }) {
  const { document, change, isReadOnly } = useEditing()
  const [node] = usePlace<Condition>(path)
  if (isReadOnly || !node) return null
  const index = path.at(-1)
  const list = getAt(document, path.slice(0, -1))
  const isListed = parentPath(path) !== null && typeof index === "number" && Array.isArray(list)
  const copy = () =>
    isListed && change(insertAt(document, path.slice(0, -1), index + 1, structuredClone(node)))
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon size="sm" aria-label={`Actions for ${label}`}>
          <Ellipsis size={15} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {isListed && (
          <>
            <Menu.Item
              leftSection={<ArrowUp size={14} />}
              disabled={index === 0}
              onClick={() => change(shift(document, path, -1))}
            >
              Move up
            </Menu.Item>
            <Menu.Item
              leftSection={<ArrowDown size={14} />}
              disabled={index === list.length - 1}
              onClick={() => change(shift(document, path, 1))}
            >
              Move down
            </Menu.Item>
            <Menu.Item
              leftSection={<CornerUpLeft size={14} />}
              disabled={moveOut(document, path) === document}
              onClick={() => change(moveOut(document, path))}
            >
              Move out of group
            </Menu.Item>
            <Menu.Item leftSection={<Copy size={14} />} onClick={copy}>
              Copy
            </Menu.Item>
          </>
        )}
        <Menu.Item leftSection={<Group size={14} />} onClick={() => change(wrap(document, path, "and"))}>
          Group
        </Menu.Item>
        <Menu.Item
          leftSection={<Ungroup size={14} />}
          disabled={!canUnwrap(document, path)}
          onClick={() => change(unwrap(document, path))}
        >
          Ungroup
        </Menu.Item>
        <Menu.Sub>
          <Menu.Sub.Target>
            <Menu.Sub.Item>Change type</Menu.Sub.Item>
          </Menu.Sub.Target>
          <Menu.Sub.Dropdown>
            {KINDS.map((kind) => (
              <Menu.Item
                key={kind}
                disabled={kind === node.type}
                onClick={() => change(setAt(document, path, convert(node, kind)))}
              >
                {CONDITION_TITLES[kind]}
              </Menu.Item>
            ))}
          </Menu.Sub.Dropdown>
        </Menu.Sub>
        <Menu.Divider />
        <Menu.Item
          color="red"
          leftSection={<Trash2 size={14} />}
          onClick={() => change(removeCondition(document, path))}
        >
          Remove
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
