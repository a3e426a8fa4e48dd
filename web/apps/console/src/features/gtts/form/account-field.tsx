import { Select } from "@mantine/core"
import { takingOrders } from "@/lib/portfolio-account"
import type { GttAccount } from "@/lib/queries/gtts"
import { FIRST_ACCOUNT } from "@/lib/trading-account"

interface Props {
  accounts: readonly GttAccount[]
  value: string
  onChange: (account: string) => void
}

const GROUPS = [
  { group: "Paper: rests with this server", kind: "paper" },
  { group: "Rests at the broker", kind: "broker" },
] as const

/** Select the account of a new GTT, which says where the GTT rests. */
export function AccountField({ accounts, value, onChange }: Props) {
  // It is opened with its first use.
  const first = accounts.some(({ scope }) => scope === FIRST_ACCOUNT)
    ? []
    : [{ scope: FIRST_ACCOUNT, kind: "paper", is_sandbox: false }]
  const groups = GROUPS.map(({ group, kind }) => ({
    group,
    items: [...first, ...takingOrders(accounts)]
      .filter((one) => one.kind === kind)
      .map(({ scope, is_sandbox }) => ({ value: scope, label: is_sandbox ? `${scope}, sandbox` : scope })),
  }))
  const chosen = accounts.find(({ scope }) => scope === value)
  return (
    <Select
      label="Account"
      description={chosen ? `${chosen.active} of ${chosen.most} active` : undefined}
      data={groups.filter(({ items }) => items.length > 0)}
      value={value}
      error={chosen?.blocked}
      allowDeselect={false}
      onChange={(account) => account && onChange(account)}
    />
  )
}
