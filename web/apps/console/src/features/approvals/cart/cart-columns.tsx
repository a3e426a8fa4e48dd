import { ActionIcon, Checkbox } from "@mantine/core"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { instant, price, quantity } from "@tradertape/ui/format.ts"
import { Trash2 } from "lucide-react"
import { ModeMark } from "@/components/models/mode-mark"
import type { Column } from "@/components/table/column"
import type { Portfolio, Signal } from "@/lib/queries/models"

interface Given {
  portfolios: ReadonlyMap<number, Portfolio>
  chosen: readonly number[]
  onToggle: (id: number) => void
  onRemove: (id: number) => void
}

/** The columns of the cart: each signal can be left for later, or removed for good. */
export function cartColumns({ portfolios, chosen, onToggle, onRemove }: Given): Column<Signal>[] {
  return [
    {
      id: "symbol",
      header: "Stock",
      isText: true,
      value: (row) => row.symbol,
      cell: (row) => (
        <span style={{ display: "inline-flex", gap: 8, alignItems: "center" }}>
          <Checkbox
            aria-label={`Place ${row.symbol}`}
            checked={chosen.includes(row.id)}
            onChange={() => onToggle(row.id)}
          />
          <b>{row.symbol}</b>
        </span>
      ),
    },
    {
      id: "portfolio",
      header: "Portfolio",
      isText: true,
      value: (row) => portfolios.get(row.portfolio_id)?.name ?? "",
      cell: (row) => (
        <span style={{ display: "inline-flex", gap: 8, alignItems: "center" }}>
          {portfolios.get(row.portfolio_id)?.name}
          <ModeMark
            isPaper={portfolios.get(row.portfolio_id)?.paper_mode ?? false}
            placedBy={portfolios.get(row.portfolio_id)?.placed_by}
          />
        </span>
      ),
    },
    { id: "quantity", header: "Qty", value: (row) => row.quantity, cell: (row) => quantity(row.quantity) },
    {
      id: "trigger",
      header: "Trigger (₹)",
      value: (row) => row.trigger_price,
      cell: (row) => price(row.trigger_price),
    },
    {
      id: "limit",
      header: "At most (₹)",
      value: (row) => row.limit_price ?? row.ref_price,
      cell: (row) => price(row.limit_price ?? row.ref_price),
    },
    {
      id: "stop",
      header: "Stop (₹)",
      value: (row) => row.stop_price,
      cell: (row) => price(row.stop_price),
    },
    {
      id: "amount",
      header: "Amount (₹)",
      value: (row) => row.notional,
      cell: (row) => <Amount value={row.notional} decimals={0} />,
    },
    {
      id: "expires",
      header: "Place until",
      value: (row) => row.expires_at,
      cell: (row) => instant(row.expires_at),
    },
    {
      id: "remove",
      header: "",
      value: () => null,
      isSortable: false,
      isPinned: true,
      cell: (row) => (
        <ActionIcon aria-label={`Remove ${row.symbol}: reject its signal`} onClick={() => onRemove(row.id)}>
          <Trash2 size={15} />
        </ActionIcon>
      ),
    },
  ]
}
