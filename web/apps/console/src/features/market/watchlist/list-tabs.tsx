import { ActionIcon, Button, Group, Menu, Stack, TextInput } from "@mantine/core"
import { count } from "@tradertape/ui/format.ts"
import { EllipsisVertical, Pencil, Plus, Trash2 } from "lucide-react"
import { type KeyboardEvent, useState } from "react"
import { Dialog } from "@/components/dialog/dialog"
import type { Watchlist } from "@/lib/queries/watchlists"
import classes from "../market.module.css"

interface Props {
  lists: readonly Watchlist[]
  chosen: Watchlist
  onChoose: (id: number) => void
  onCreate: (name: string) => void
  onRename: (name: string) => void
  onRemove: () => void
}

/** The watch lists as tabs, navigable with arrow keys. */
export function ListTabs({ lists, chosen, onChoose, onCreate, onRename, onRemove }: Props) {
  const [naming, setNaming] = useState<"new" | "rename" | null>(null)
  const byKey = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!step) return
    const next = lists[(lists.indexOf(chosen) + step + lists.length) % lists.length]
    if (!next) return
    onChoose(next.id)
    document.getElementById(`list-${next.id}`)?.focus()
  }
  return (
    <>
      <div role="tablist" aria-label="Watch lists" className={classes.tabs} onKeyDown={byKey}>
        {lists.map((list) => (
          <button
            key={list.id}
            id={`list-${list.id}`}
            type="button"
            role="tab"
            aria-selected={list.id === chosen.id}
            aria-controls="watch-list"
            title={count(list.instruments.length, "instrument")}
            tabIndex={list.id === chosen.id ? 0 : -1}
            className={classes.tab}
            onClick={() => onChoose(list.id)}
          >
            {list.name}
          </button>
        ))}
      </div>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon aria-label="Lists">
            <EllipsisVertical size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Plus size={14} />} onClick={() => setNaming("new")}>
            New list
          </Menu.Item>
          <Menu.Item leftSection={<Pencil size={14} />} onClick={() => setNaming("rename")}>
            Rename “{chosen.name}”
          </Menu.Item>
          <Menu.Item leftSection={<Trash2 size={14} />} color="red" onClick={onRemove}>
            Delete “{chosen.name}”
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {naming && (
        <NameDialog
          title={naming === "new" ? "New watch list" : `Rename “${chosen.name}”`}
          name={naming === "new" ? "" : chosen.name}
          verb={naming === "new" ? "Create" : "Rename"}
          onClose={() => setNaming(null)}
          onName={naming === "new" ? onCreate : onRename}
        />
      )}
    </>
  )
}

interface DialogProps {
  title: string
  name: string
  verb: string
  onName: (name: string) => void
  onClose: () => void
}

function NameDialog({ title, name, verb, onName, onClose }: DialogProps) {
  const [typed, setTyped] = useState(name)
  return (
    <Dialog opened onClose={onClose} title={title} size="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          onName(typed.trim())
          onClose()
        }}
      >
        <Stack gap="md">
          <TextInput
            label="Name"
            data-autofocus
            maxLength={40}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={!typed.trim()}>
              {verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
