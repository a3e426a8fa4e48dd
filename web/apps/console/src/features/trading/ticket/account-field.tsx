import { Select } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { takingOrders } from "@/lib/portfolio-account"
import { tradingAccountsQuery } from "@/lib/queries/trading"
import { labelOf } from "@/lib/trading-account"

interface Props {
  value: string
  error: string | undefined
  onChange: (account: string) => void
}

const GROUPS = [
  { group: "Paper", kind: "paper" },
  { group: "At a broker", kind: "broker" },
] as const

/** Select the account that an order is placed on. */
export function AccountField({ value, error, onChange }: Props) {
  const { data = [] } = useQuery(tradingAccountsQuery)
  const groups = GROUPS.map(({ group, kind }) => ({
    group,
    items: takingOrders(data)
      .filter((one) => one.kind === kind)
      .map((one) => ({ value: one.scope, label: labelOf(one) })),
  }))
  const blocked = data.find(({ scope }) => scope === value)?.blocked[0]
  return (
    <Select
      label="Account"
      data={groups.filter(({ items }) => items.length > 0)}
      value={value}
      error={error ?? blocked?.message}
      allowDeselect={false}
      onChange={(account) => account && onChange(account)}
    />
  )
}
