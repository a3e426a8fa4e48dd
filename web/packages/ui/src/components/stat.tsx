import { Text, Tooltip } from "@mantine/core"
import type { ReactNode } from "react"
import classes from "./stat.module.css"

interface Props {
  label: string
  value: ReactNode
  note?: ReactNode
  hint?: string
  big?: boolean
}

/** A figure with its label; an optional hint explains the term on hover and focus. */
export function Stat({ label, value, note, hint, big = false }: Props) {
  const name = (
    <Text
      component="span"
      size="xs"
      c="dimmed"
      className={hint ? classes.hinted : undefined}
      tabIndex={hint ? 0 : undefined}
    >
      {label}
    </Text>
  )
  return (
    <div className={classes.root}>
      <dt>{hint ? <Tooltip label={hint}>{name}</Tooltip> : name}</dt>
      <dd className={big ? classes.big : classes.value}>{value}</dd>
      {note && <dd className={classes.note}>{note}</dd>}
    </div>
  )
}
