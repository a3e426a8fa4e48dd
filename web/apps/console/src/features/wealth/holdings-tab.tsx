import { Badge, Button } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { accountName, count, date, percent, words } from "@tradertape/ui/format.ts"
import { Wallet } from "lucide-react"
import { useMemo, useState } from "react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { Loaded } from "@/components/states/loaded"
import type { Column } from "@/components/table/column"
import { columnsOf } from "@/components/table/columns-of"
import { DataTable } from "@/components/table/data-table"
import type { Contract, Settlement, Share, Unmatched } from "@/lib/queries/wealth"
import { Lots } from "./lots"
import { PagedTable } from "./paged-table"
import { SettleContract, type Settled } from "./settle-contract"
import type { TabProps } from "./tab-props"

/** Shares with their lots, open contracts, and sales that no purchase covers. */
export function HoldingsTab({ queries }: TabProps) {
  const query = useQuery(queries.holdings)
  const [opened, setOpened] = useState<Share | null>(null)
  const [settling, setSettling] = useState<Settled | null>(null)
  const columns = useMemo(() => shareColumns(setOpened), [])
  return (
    <Loaded query={query} what="The holdings">
      {(page) => (
        <>
          <Section
            title={count(page.holdings.length, "share")}
            note={page.as_of ? `At the closes of ${date(page.as_of)}` : "Without market data: valued at cost"}
            flush
          >
            {page.holdings.length > 0 ? (
              <DataTable
                label="Shares"
                rows={page.holdings}
                columns={columns}
                rowKey={(row) => row.instrument}
                sortedBy={[{ id: "value", desc: true }]}
                minWidth={980}
              />
            ) : (
              <EmptyState icon={<Wallet size={28} />} title="No shares">
                Your files have sold every share they bought.
              </EmptyState>
            )}
          </Section>
          <PagedTable
            title={count(page.contract_count, "open contract")}
            note="Futures and options that no trade of your files has closed. Those that have expired are in no figure until you state what they were settled at."
            total={page.contract_count}
            query={queries.contracts}
            columns={contractColumns(setSettling)}
            rowKey={(row) => `${row.account} ${row.symbol} ${row.opened_on} ${row.quantity} ${row.price}`}
          />
          <PagedTable
            title={count(page.settlement_count, "settled contract")}
            note="Held until they expired, and settled at what you stated, else at the close of the underlying on that day. Charges are estimated."
            total={page.settlement_count}
            query={queries.settlements}
            columns={settlementColumns(setSettling)}
            rowKey={(row) => `${row.account} ${row.symbol}`}
          />
          <PagedTable
            title={count(page.unmatched_count, "sale without a purchase", "sales without a purchase")}
            note="Their cost is not known, so they are in no profit and no tax: upload the files of earlier years."
            total={page.unmatched_count}
            query={queries.unmatched}
            columns={UNMATCHED}
            rowKey={(row) => `${row.account} ${row.symbol} ${row.sold_on} ${row.quantity} ${row.proceeds}`}
          />
          {settling && <SettleContract contract={settling} onClose={() => setSettling(null)} />}
          {opened && <Lots share={opened} queries={queries} onClose={() => setOpened(null)} />}
        </>
      )}
    </Loaded>
  )
}

function shareColumns(onLots: (share: Share) => void): Column<Share>[] {
  const of = columnsOf<Share>()
  return [
    of.text("symbol", "Share", (row) => row.symbol),
    of.text("sector", "Sector", (row) => row.sector),
    of.quantity("quantity", "Quantity", (row) => row.quantity),
    of.price("average", "Average", (row) => row.average_price),
    of.price("price", "Price", (row) => row.price),
    of.amount("value", "Value", (row) => row.value),
    of.gain("unrealised", "Unrealised", (row) => row.unrealised),
    of.gain("day", "Last day", (row) => row.day_profit),
    {
      id: "weight",
      header: "Weight",
      value: (row) => row.weight,
      cell: (row) => percent(row.weight * 100),
    },
    of.quantity("long", "Long term", (row) => row.long_term_quantity),
    {
      id: "lots",
      header: "Lots",
      isPinned: true,
      value: (row) => row.lot_count,
      cell: (row) => (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`Lots of ${row.symbol}`}
          onClick={() => onLots(row)}
        >
          {row.lot_count}
        </Button>
      ),
    },
  ]
}

function contractColumns(onSettle: (contract: Settled) => void): Column<Contract>[] {
  const of = columnsOf<Contract>()
  return [
    of.text(
      "symbol",
      "Contract",
      (row) => row.symbol,
      (row) => (
        <>
          {row.symbol} {row.is_expired && <Badge color="yellow">Expired, no settlement</Badge>}
        </>
      ),
    ),
    of.quantity("quantity", "Quantity", (row) => row.quantity),
    of.price("price", "Price", (row) => row.price),
    of.day("opened", "Opened", (row) => row.opened_on),
    of.day("expiry", "Expiry", (row) => row.expiry),
    of.text("account", "Account", (row) => `${words(row.broker)} ${accountName(row.account)}`),
    action(
      (row) => row.is_expired,
      "Settle",
      ({ symbol, expiry }) => onSettle({ symbol, expiry, price: null, isStated: false }),
    ),
  ]
}

function settlementColumns(onSettle: (contract: Settled) => void): Column<Settlement>[] {
  const of = columnsOf<Settlement>()
  return [
    of.text("symbol", "Contract", (row) => row.symbol),
    of.quantity("quantity", "Quantity", (row) => row.quantity),
    of.price("price", "Settled at", (row) => row.price),
    of.text("source", "From", (row) => (row.is_stated ? "What you stated" : "The close of that day")),
    of.day("expiry", "Expiry", (row) => row.expiry),
    of.text("account", "Account", (row) => `${words(row.broker)} ${accountName(row.account)}`),
    action(
      () => true,
      "Change",
      ({ symbol, expiry, price, is_stated }) => onSettle({ symbol, expiry, price, isStated: is_stated }),
    ),
  ]
}

/** A column with a button in the rows that have something to do. */
function action<T extends { symbol: string }>(
  applies: (row: T) => boolean,
  verb: string,
  onClick: (row: T) => void,
): Column<T> {
  return {
    id: "action",
    header: "Action",
    isPinned: true,
    value: () => null,
    cell: (row) =>
      applies(row) && (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`${verb} ${row.symbol}`}
          onClick={() => onClick(row)}
        >
          {verb}
        </Button>
      ),
  }
}

const sale = columnsOf<Unmatched>()
const UNMATCHED: Column<Unmatched>[] = [
  sale.text("symbol", "Share or fund", (row) => row.symbol),
  sale.day("sold", "Sold", (row) => row.sold_on),
  sale.quantity("quantity", "Quantity", (row) => row.quantity),
  sale.amount("proceeds", "Proceeds", (row) => row.proceeds),
  sale.text("account", "Account", (row) => `${words(row.broker)} ${accountName(row.account)}`),
]
