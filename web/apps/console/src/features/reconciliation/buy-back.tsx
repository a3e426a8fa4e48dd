import { quantity } from "@tradertape/ui/format.ts"
import { LinkButton } from "@/components/page/link-button"
import { symbolOf } from "@/lib/instrument"

interface Props {
  account: string
  instrument: string
  units: number
}

/** The order ticket for shares that were sold elsewhere, filled in; nothing is placed by it. For derivatives there is none. */
export function BuyBack({ account, instrument, units }: Props) {
  if (!/^(NSE|BSE):/.test(instrument)) return null
  return (
    <LinkButton
      to="/trading"
      search={{ ticket: instrument, side: "BUY", account, product: "CNC", isNew: true }}
      state={{ ticketUnits: units }} // no quantity is part of an address
      size="compact-xs"
      variant="default"
      aria-label={`Order ticket: buy ${quantity(units)} ${symbolOf(instrument)}`}
    >
      Buy back
    </LinkButton>
  )
}
