import type { ReactNode } from "react"
import classes from "./data-table.module.css"

/** A column of a table: what it says, what it sorts by, how a cell looks. */
export interface Column<T> {
  id: string
  header: ReactNode
  /** What the column is sorted by; null stands last. */
  value: (row: T) => string | number | null
  cell: (row: T) => ReactNode
  /** Words stand to the left, figures to the right. */
  isText?: boolean
  isSortable?: boolean
  /** Stays in sight at the right end, however wide the table is: what can be done about a row. */
  isPinned?: boolean
}

/** How a column's cells look in any table. */
export function cellClass<T>({ isText, isPinned }: Column<T>): string | undefined {
  return [isText && classes.text, isPinned && classes.pinned].filter(Boolean).join(" ") || undefined
}
