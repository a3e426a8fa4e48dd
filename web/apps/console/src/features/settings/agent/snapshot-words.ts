import { number, plain } from "@tradertape/ui/format.ts"

/** A holding or a position as an agent sends it: numbers or texts of numbers. */
interface SentRow {
  symbol: string
  exchange: string
  product?: string | null
  quantity?: string | number | null
  average_price?: string | number | null
  value?: string | number | null
}

export interface ShownRow {
  name: string
  quantity: string
  price: string
  value: number | null
}

const shown = (given: string | number | null | undefined) =>
  given === null || given === undefined ? "" : plain(Number(given))

/** Rows as the table has them; what the agent kept to itself is empty. */
export const rowsOf = (rows: readonly SentRow[]): ShownRow[] =>
  rows.map((row) => ({
    name: [`${row.exchange}:${row.symbol}`, row.product].filter(Boolean).join(" "),
    quantity: shown(row.quantity),
    price:
      row.average_price === null || row.average_price === undefined
        ? ""
        : number(Number(row.average_price), 2),
    value: row.value === null || row.value === undefined ? null : Number(row.value),
  }))
