import { useQuery } from "@tanstack/react-query"
import { LinkButton } from "@/components/page/link-button"
import type { Holding } from "@/lib/queries/portfolio"
import { tradingAccountsQuery } from "@/lib/queries/trading"

/** Opens the order ticket for all free shares of a holding, where its account can be traded from here. */
export function SellLink({ row }: { row: Holding }) {
  const { data: accounts } = useQuery(tradingAccountsQuery)
  if (!accounts?.some(({ scope }) => scope === row.account)) return null
  const units = row.quantity + row.t1_quantity
  if (units <= 0) return null
  return (
    <LinkButton
      to="/trading"
      search={{
        ticket: `${row.exchange}:${row.symbol}`,
        account: row.account,
        side: "SELL",
        product: row.product,
        isNew: true,
      }}
      state={{ ticketUnits: units }}
      variant="default"
      size="compact-xs"
      aria-label={`Sell ${row.symbol}`}
    >
      Sell
    </LinkButton>
  )
}
