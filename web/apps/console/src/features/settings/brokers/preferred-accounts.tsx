import { Select, Stack } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { Section } from "@/components/page/section"
import { notifyFailure } from "@/lib/notify"
import { takingOrders } from "@/lib/portfolio-account"
import {
  type PreferredAccounts as Preferred,
  preferredAccountsQuery,
  tradingAccountsQuery,
  tradingCalls,
} from "@/lib/queries/trading"
import { FIRST_ACCOUNT, labelOf } from "@/lib/trading-account"

/** Which account a new order ticket begins with, for shares and for contracts. */
export function PreferredAccounts() {
  const client = useQueryClient()
  const { data } = useQuery(preferredAccountsQuery)
  const { data: accounts = [] } = useQuery(tradingAccountsQuery)
  const saving = useMutation({
    mutationFn: tradingCalls.prefer,
    onSuccess: (saved) => client.setQueryData(preferredAccountsQuery.queryKey, saved),
    onError: (error) => notifyFailure("Your choice was not saved", error),
  })
  if (!data) return null
  const save = (changed: Partial<Preferred>) => saving.mutate({ ...data, ...changed })
  const choices = takingOrders(accounts).map((one) => ({
    value: one.scope,
    label: one.kind === "paper" ? `${labelOf(one)}, paper` : labelOf(one),
  }))
  const field = (segment: keyof Preferred, label: string) => (
    <Select
      label={label}
      data={choices}
      value={data[segment]}
      placeholder={`${FIRST_ACCOUNT}, paper`}
      disabled={saving.isPending}
      clearable
      onChange={(scope) => save({ [segment]: scope })}
    />
  )
  return (
    <Section
      title="Preferred trading account"
      note="A new order ticket begins with it; every ticket shows the account, and an order with real money is confirmed."
    >
      <Stack gap="sm" maw={420}>
        {field("equity", "Shares and ETFs")}
        {field("derivatives", "Futures and options")}
      </Stack>
    </Section>
  )
}
