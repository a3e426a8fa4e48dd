import { Select } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { takingOrders } from "@/lib/portfolio-account"
import { gttAccountsQuery } from "@/lib/queries/gtts"
import { FIRST_ACCOUNT } from "@/lib/trading-account"

interface Props {
  value?: string
  error?: ReactNode
  onChange?: (account: string) => void
}

/** Select one of the paper accounts. */
export function AccountSelect({ value, error, onChange }: Props) {
  const { data = [] } = useQuery(gttAccountsQuery)
  const scopes = [
    ...new Set([
      FIRST_ACCOUNT,
      ...takingOrders(data)
        .filter(({ kind }) => kind === "paper")
        .map(({ scope }) => scope),
    ]),
  ]
  return (
    <Select
      label="Paper account"
      data={scopes}
      value={value ?? null}
      error={error}
      allowDeselect={false}
      onChange={(account) => account && onChange?.(account)}
    />
  )
}
