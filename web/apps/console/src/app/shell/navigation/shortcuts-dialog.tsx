import { Kbd, Text } from "@mantine/core"
import { useHotkeys } from "@mantine/hooks"
import { Fragment, useEffect, useState } from "react"
import { Dialog } from "@/components/dialog/dialog"
import { isApple, withModifier } from "@/lib/keys"
import { onShortcutsRequest, openShortcuts } from "./palette"
import classes from "./shortcuts.module.css"

interface Shortcut {
  /** Alternatives; each is pressed as one combination. */
  keys: string[]
  action: string
}

/** All keyboard shortcuts, by the page they work on. */
export function shortcuts(apple = isApple()): { place: string; rows: Shortcut[] }[] {
  const alt = apple ? "⌥" : "Alt "
  return [
    {
      place: "Everywhere",
      rows: [
        { keys: [withModifier("K", apple), "/"], action: "Search, go to a page, or start an action" },
        { keys: ["Shift H"], action: "Hide amounts, or show them again" },
        { keys: ["H"], action: "Show hidden amounts for as long as it is held" },
        { keys: ["?"], action: "Show these shortcuts" },
        { keys: ["Esc"], action: "Close a dialog" },
      ],
    },
    {
      place: "Approvals",
      rows: [
        { keys: ["A"], action: "Approve the signal" },
        { keys: ["R"], action: "Reject the signal" },
        { keys: ["J", "K"], action: "Next or previous signal" },
        { keys: ["X"], action: "Select the signal" },
        { keys: ["Shift A", "Shift R"], action: "Approve or reject the selected signals" },
      ],
    },
    {
      place: "Strategy editor",
      rows: [
        { keys: [withModifier("S", apple)], action: "Save" },
        { keys: [withModifier("Z", apple)], action: "Undo" },
        { keys: [apple ? "⇧⌘Z" : "Ctrl Shift Z"], action: "Redo" },
      ],
    },
    {
      place: "Watch lists",
      rows: [
        { keys: ["Enter"], action: "Open the instrument" },
        { keys: ["Delete"], action: "Remove the instrument from the list" },
        { keys: [`${alt}↑`, `${alt}↓`], action: "Move the instrument up or down" },
        { keys: ["←", "→"], action: "Previous or next list, on its tab" },
      ],
    },
    {
      place: "Prices",
      rows: [{ keys: ["↑", "↓"], action: "Raise or lower a price by one tick" }],
    },
  ]
}

/** The list of keyboard shortcuts, opened with `?`. */
export default function ShortcutsDialog() {
  const [isOpen, setOpen] = useState(false)
  useEffect(() => onShortcutsRequest(() => setOpen(true)), [])
  useHotkeys([["shift+?", openShortcuts]])
  if (!isOpen) return null
  return (
    <Dialog opened onClose={() => setOpen(false)} title="Keyboard shortcuts">
      {shortcuts().map(({ place, rows }) => (
        <section key={place} className={classes.place}>
          <Text component="h3" size="sm" fw={600}>
            {place}
          </Text>
          <dl className={classes.rows}>
            {rows.map(({ keys, action }) => (
              <Fragment key={action}>
                <dt>
                  {keys.map((key) => (
                    <Kbd key={key}>{key}</Kbd>
                  ))}
                </dt>
                <dd>{action}</dd>
              </Fragment>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  )
}
