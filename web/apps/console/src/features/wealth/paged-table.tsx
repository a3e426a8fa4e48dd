import { keepPreviousData, type UseQueryOptions, useQuery } from "@tanstack/react-query"
import type { Page } from "@tradertape/api/client.ts"
import { useState } from "react"
import { Section } from "@/components/page/section"
import { Loaded } from "@/components/states/loaded"
import type { Column } from "@/components/table/column"
import { Pager } from "@/components/table/pager"
import { PlainTable } from "@/components/table/plain-table"

interface Props<T> {
  title: string
  note: string
  total: number
  query: (page: number) => UseQueryOptions<Page<T>, Error, Page<T>, (string | number)[]>
  columns: Column<T>[]
  rowKey: (row: T) => string
}

/** A long list of the server by page; nothing where it is empty. */
export function PagedTable<T>(props: Props<T>) {
  if (props.total === 0) return null
  return <Filled {...props} />
}

function Filled<T>({ title, note, query, columns, rowKey }: Props<T>) {
  const [page, setPage] = useState(1)
  const found = useQuery({ ...query(page), placeholderData: keepPreviousData })
  return (
    <Section title={title} note={note} flush>
      <Loaded query={found} what={title}>
        {({ items, total }) => (
          <div>
            <PlainTable
              label={title}
              rows={items.map((row, place) => ({ row, place }))}
              columns={columns.map(numbered)}
              rowKey={({ row, place }) => `${place} ${rowKey(row)}`}
              minWidth={680}
            />
            <Pager label={title} total={total} page={page} onPage={setPage} />
          </div>
        )}
      </Loaded>
    </Section>
  )
}

interface Numbered<T> {
  row: T
  place: number
}

/** A column for rows with their place in the page: rows of these lists have no id. */
function numbered<T>(column: Column<T>): Column<Numbered<T>> {
  return { ...column, value: ({ row }) => column.value(row), cell: ({ row }) => column.cell(row) }
}
