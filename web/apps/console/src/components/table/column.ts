import { inRupees } from "@tradertape/ui/scaled.ts"
import type { ReactNode } from "react"
import classes from "./data-table.module.css"

/** A table column: its header, sort value and cell. */
export interface Column<T> {
  id: string
  header: ReactNode
  /** The value to sort by; null sorts last. */
  value: (row: T) => string | number | null
  cell: (row: T) => ReactNode
  /** Text is aligned left, figures right. */
  isText?: boolean
  isSortable?: boolean
  /** Pinned to the right edge so that row actions stay visible in wide tables. */
  isPinned?: boolean
}

/** The CSS classes of a column's cells. */
export function cellClass<T>({ isText, isPinned }: Column<T>): string | undefined {
  return [isText && classes.text, isPinned && classes.pinned].filter(Boolean).join(" ") || undefined
}

/** A column's header as it is shown: "(₹)" is not in it where figures are scaled. */
export const shownHeader = <T>({ header }: Column<T>): ReactNode =>
  typeof header === "string" ? inRupees(header) : header
