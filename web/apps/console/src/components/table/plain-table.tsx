import { ScrollRegion } from "../page/scroll-region"
import { type Column, cellClass, shownHeader } from "./column"
import classes from "./data-table.module.css"

interface Props<T> {
  label: string
  rows: T[]
  columns: Column<T>[]
  rowKey: (row: T) => string
  minWidth?: number
  /** Its figures follow live prices. */
  isLive?: boolean
  rowClass?: (row: T) => string | undefined
}

/** A small table in the given order: looks like DataTable, without sorting and virtualization. */
export function PlainTable<T>({
  label,
  rows,
  columns,
  rowKey,
  minWidth,
  isLive = false,
  rowClass,
}: Props<T>) {
  return (
    <ScrollRegion className={classes.frame} label={`${label}, table`}>
      <table className={classes.table} style={{ minWidth }}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" className={cellClass(column)}>
                {shownHeader(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody data-live={isLive || undefined}>
          {rows.map((row) => (
            <tr key={rowKey(row)} className={rowClass?.(row)}>
              {columns.map((column) => (
                <td key={column.id} className={cellClass(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  )
}
