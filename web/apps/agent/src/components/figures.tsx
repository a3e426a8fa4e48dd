import { ScrollRegion } from "@tradertape/ui/components/scroll-region.tsx"
import type { ReactNode } from "react"
import classes from "./figures.module.css"

/** cells: one for each column. */
export interface Row {
  key: string
  name: string
  note: string
  cells: ReactNode[]
}

interface Props {
  label: string
  columns: string[]
  rows: Row[]
}

/** Figures by instrument: a table where there is room, and a card for each on a phone. */
export function Figures({ label, columns, rows }: Props) {
  return (
    <ScrollRegion className={classes.frame} label={`${label}, table`}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Instrument</th>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              <td>
                <div className={classes.name}>{row.name}</div>
                <div className={classes.note}>{row.note}</div>
              </td>
              {row.cells.map((cell, place) => (
                <td key={columns[place]} data-label={columns[place]}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  )
}
