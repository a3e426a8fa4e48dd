import { Amount, Quantity } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { date, plain, unitPrice } from "@tradertape/ui/format.ts"
import type { ReactNode } from "react"
import type { Column } from "@/components/table/column"

/** Rupees as the server writes them: text with two decimals, or nothing. */
type Rupees = string | null | undefined

export const figure = (value: Rupees): number | null => (value == null ? null : Number(value))

/** Columns of one kind of row: text, days, counts, quantities, prices, amounts, gains. */
export function columnsOf<T>() {
  return {
    text: (
      id: string,
      header: string,
      read: (row: T) => string,
      cell?: (row: T) => ReactNode,
    ): Column<T> => ({
      id,
      header,
      isText: true,
      value: read,
      cell: cell ?? ((row) => read(row) || "–"),
    }),
    day: (id: string, header: ReactNode, read: (row: T) => string | null): Column<T> => ({
      id,
      header,
      isText: true,
      value: read,
      cell: (row) => date(read(row)),
    }),
    number: (id: string, header: ReactNode, read: (row: T) => string | number | null): Column<T> => ({
      id,
      header,
      value: (row) => (read(row) === null ? null : Number(read(row))),
      cell: (row) => (read(row) === null ? "–" : plain(read(row))),
    }),
    quantity: (id: string, header: ReactNode, read: (row: T) => string | number | null): Column<T> => ({
      id,
      header,
      value: (row) => (read(row) === null ? null : Number(read(row))),
      cell: (row) => <Quantity value={read(row)} />,
    }),
    price: (id: string, header: ReactNode, read: (row: T) => Rupees): Column<T> => ({
      id,
      header,
      value: (row) => figure(read(row)),
      cell: (row) => unitPrice(read(row)),
    }),
    amount: (id: string, header: ReactNode, read: (row: T) => Rupees): Column<T> => ({
      id,
      header,
      value: (row) => figure(read(row)),
      cell: (row) => <Amount value={figure(read(row))} />,
    }),
    gain: (id: string, header: ReactNode, read: (row: T) => Rupees): Column<T> => ({
      id,
      header,
      value: (row) => figure(read(row)),
      cell: (row) => <Delta kind="money" decimals={2} value={figure(read(row))} />,
    }),
  }
}
