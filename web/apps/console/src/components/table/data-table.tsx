import { VisuallyHidden } from "@mantine/core"
import {
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  sortFns,
  tableFeatures,
  useTable,
} from "@tanstack/react-table"
import { useVirtualizer } from "@tanstack/react-virtual"
import { type KeyboardEvent, useMemo, useRef, useState } from "react"
import { ScrollRegion } from "../page/scroll-region"
import { type Column, cellClass, shownHeader } from "./column"
import classes from "./data-table.module.css"

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel(), sortFns })
const ROW_PX = 36

interface Props<T extends object> {
  label: string
  rows: T[]
  columns: Column<T>[]
  rowKey: (row: T) => string
  sortedBy?: SortingState
  onOpen?: (row: T) => void
  openedKey?: string
  maxHeight?: number
  minWidth?: number
  /** In pixels; for rows of more than one line. */
  rowHeight?: number
  rowClass?: (row: T) => string | undefined
}

/** A sortable, virtualized table with a sticky header and a pinned first column. */
export function DataTable<T extends object>(props: Props<T>) {
  const { label, rows, columns, rowKey, sortedBy = [], maxHeight = 560, minWidth, rowHeight = ROW_PX } = props
  const [sorting, setSorting] = useState<SortingState>(sortedBy)
  const definitions = useMemo(
    () =>
      columns.map((column) => ({
        id: column.id,
        accessorFn: (row: T) => column.value(row) ?? undefined,
        enableSorting: column.isSortable ?? true,
        sortDescFirst: !column.isText,
        sortUndefined: "last" as const,
      })),
    [columns],
  )
  // Rows cache the values of their columns, so new columns need new row objects.
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows must be rebuilt when the columns change
  const data = useMemo(() => [...rows], [rows, columns])
  const table = useTable({
    features,
    data,
    columns: definitions,
    getRowId: rowKey,
    state: { sorting },
    onSortingChange: setSorting,
  })
  const frame = useRef<HTMLElement>(null)
  const sorted = table.getRowModel().rows
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    initialRect: { width: 1_000, height: maxHeight },
  })
  const shown = virtual.getVirtualItems()
  const above = shown[0]?.start ?? 0
  const below = virtual.getTotalSize() - (shown.at(-1)?.end ?? 0)
  return (
    <ScrollRegion ref={frame} className={classes.frame} style={{ maxHeight }} label={`${label}, table`}>
      <table className={classes.table} style={{ minWidth }} aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <Head
                key={column.id}
                column={column}
                sorting={sorting}
                onSort={(id) => table.getColumn(id)?.toggleSorting()}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {above > 0 && <tr style={{ height: above }} aria-hidden />}
          {shown.map((item) => {
            const row = sorted[item.index]
            if (!row) return null
            return (
              <Line
                key={row.id}
                row={row.original}
                columns={columns}
                index={item.index}
                className={props.rowClass?.(row.original)}
                onOpen={props.onOpen}
                isOpened={props.openedKey === row.id}
              />
            )
          })}
          {below > 0 && <tr style={{ height: below }} aria-hidden />}
        </tbody>
      </table>
    </ScrollRegion>
  )
}

interface HeadProps<T> {
  column: Column<T>
  sorting: SortingState
  onSort: (id: string) => void
}

function Head<T>({ column, sorting, onSort }: HeadProps<T>) {
  const sort = sorting.find(({ id }) => id === column.id)
  const direction = sort && (sort.desc ? "descending" : "ascending")
  const content =
    column.isSortable === false ? (
      shownHeader(column) || <VisuallyHidden>Actions</VisuallyHidden>
    ) : (
      <button type="button" onClick={() => onSort(column.id)}>
        {shownHeader(column)}
        <span aria-hidden className={classes.arrow}>
          {sort ? (sort.desc ? "↓" : "↑") : ""}
        </span>
      </button>
    )
  return (
    <th scope="col" className={cellClass(column)} aria-sort={direction}>
      {content}
    </th>
  )
}

interface LineProps<T> {
  row: T
  columns: Column<T>[]
  index: number
  className: string | undefined
  onOpen: ((row: T) => void) | undefined
  isOpened: boolean
}

function Line<T>({ row, columns, index, className, onOpen, isOpened }: LineProps<T>) {
  const open = onOpen && (() => onOpen(row))
  const byKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" && event.target === event.currentTarget) open?.()
  }
  return (
    <tr
      className={[open && classes.openable, className].filter(Boolean).join(" ") || undefined}
      data-opened={isOpened || undefined}
      tabIndex={open ? 0 : undefined}
      onClick={open}
      onKeyDown={open ? byKey : undefined}
      aria-rowindex={index + 2}
    >
      {columns.map((column) => (
        <td key={column.id} className={cellClass(column)}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  )
}
