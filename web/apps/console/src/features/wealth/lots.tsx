import { Badge, Group } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { accountName, count, date, words } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { Dialog } from "@/components/dialog/dialog"
import { Loaded } from "@/components/states/loaded"
import type { Column } from "@/components/table/column"
import { columnsOf } from "@/components/table/columns-of"
import { Pager } from "@/components/table/pager"
import { PlainTable } from "@/components/table/plain-table"
import type { Lot, Share } from "@/lib/queries/wealth"
import type { TabProps } from "./tab-props"

/** The purchases of a share that are still held, the oldest first: the order in which they are sold. */
export function Lots({ share, queries, onClose }: TabProps & { share: Share; onClose: () => void }) {
  const [page, setPage] = useState(1)
  const query = useQuery(queries.lots(share.instrument, page))
  return (
    <Dialog opened onClose={onClose} size="xl" title={`${share.symbol}: ${count(share.lot_count, "lot")}`}>
      <Loaded query={query} what="The lots">
        {({ items, total }) => (
          <div>
            <PlainTable
              label={`Lots of ${share.symbol}`}
              rows={items.map((lot, place) => ({ ...lot, place }))}
              columns={COLUMNS}
              rowKey={(row) => String(row.place)}
              minWidth={720}
            />
            <Pager label="Lots" total={total} page={page} onPage={setPage} />
          </div>
        )}
      </Loaded>
    </Dialog>
  )
}

type Row = Lot & { place: number }

const of = columnsOf<Row>()
const COLUMNS: Column<Row>[] = [
  of.day("opened", "Bought", (row) => row.opened_on),
  of.quantity("quantity", "Quantity", (row) => row.quantity),
  of.price("price", "Price", (row) => row.price),
  of.amount("cost", "Cost", (row) => row.cost),
  of.amount("charges", "Charges", (row) => row.charges),
  of.number("days", "Days", (row) => row.days),
  of.text(
    "term",
    "Long term",
    (row) => row.long_term_from,
    (row) => (
      <Group gap={6} wrap="nowrap">
        {row.is_long_term ? "yes" : `from ${date(row.long_term_from)}`}
        {row.is_bonus && <Badge>Bonus</Badge>}
        {row.is_estimated && <Badge color="gray">Estimated charges</Badge>}
      </Group>
    ),
  ),
  of.text("account", "Account", (row) => `${words(row.broker)} ${accountName(row.account)}`),
]
