import { Alert, Button, Skeleton, Stack, Table, Text, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { date } from "@tradertape/ui/format.ts"
import { AmountInput } from "@/components/forms/price-input"
import { ScrollRegion } from "@/components/page/scroll-region"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { failureText, notifyDone } from "@/lib/notify"
import { gttAccountsQuery } from "@/lib/queries/gtts"
import { MARKET_TITLES, tradedMarketQuery } from "@/lib/queries/traded-market"
import { openPaperAccount, paperAccounts, tradingAccountsQuery } from "@/lib/queries/trading-accounts"
import { MarketSection } from "./market-section"

const OPENING = ["open-paper-account"]
const NAME = /^[a-z][a-z0-9_]{0,19}:[A-Za-z0-9][A-Za-z0-9._-]{0,58}$/

/** The person's paper accounts, opening another, and the market that they are traded on. */
export function PaperAccountsTab() {
  // Cash moves with every fill, and an account may be opened by a worker or in another window.
  const { data, error, isPending, refetch } = useQuery({
    ...tradingAccountsQuery,
    select: paperAccounts,
    refetchInterval: 10_000,
  })
  if (isPending) return <Skeleton height={200} />
  if (error && !data) return <ErrorState error={error} what="Your accounts" retry={refetch} />
  return (
    <>
      <Section title="Accounts" flush>
        <ScrollRegion label="Paper accounts, table" style={{ overflowX: "auto" }}>
          <Table miw={430} style={{ whiteSpace: "nowrap" }}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th>Prices</Table.Th>
                <Table.Th ta="right">Cash</Table.Th>
                <Table.Th ta="right">Opening balance</Table.Th>
                <Table.Th ta="right">Since</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.map((row) => (
                <Table.Tr key={row.account_scope}>
                  <Table.Td>{row.account_scope}</Table.Td>
                  <Table.Td>
                    <Prices market={row.market} />
                  </Table.Td>
                  <Table.Td ta="right">
                    <Amount value={row.cash} />
                    {row.mark_to_market !== 0 && <PaidForFutures rupees={row.mark_to_market} />}
                  </Table.Td>
                  <Table.Td ta="right">
                    <Amount value={row.opening_cash} decimals={0} />
                  </Table.Td>
                  <Table.Td ta="right">{date(row.created_at)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollRegion>
      </Section>
      <OpenAccount />
      <MarketSection />
    </>
  )
}

/** The part of the cash that daily mark-to-market paid, or took, for futures that are still open. */
function PaidForFutures({ rupees }: { rupees: number }) {
  return (
    <Text size="xs" c="dimmed">
      <Amount value={Math.abs(rupees)} /> {rupees > 0 ? "paid in" : "taken"} for open futures
    </Text>
  )
}

/** Whose prices an account is traded on, and whether it rests because the server trades others. */
function Prices({ market }: { market: string | null }) {
  const { data } = useQuery(tradedMarketQuery)
  if (!market) return "–"
  const title = MARKET_TITLES[market] ?? market
  return data && market !== data.market ? `${title} (rests)` : title
}

function OpenAccount() {
  const client = useQueryClient()
  const { data: traded } = useQuery(tradedMarketQuery)
  const prices = traded ? ` A new one is traded on these prices: ${MARKET_TITLES[traded.market]}.` : ""
  const form = useForm({
    initialValues: { account_scope: "", opening_cash: 1_000_000 as number | "" },
    validate: {
      account_scope: (value) => (NAME.test(value.trim()) ? null : "Use the form kite:paper-b"),
      opening_cash: (value) => (value === "" ? "Enter an amount in rupees" : null),
    },
  })
  const opening = useMutation({
    mutationKey: OPENING,
    mutationFn: openPaperAccount,
    onSuccess: async (opened) => {
      await client.invalidateQueries({ queryKey: tradingAccountsQuery.queryKey })
      await client.invalidateQueries({ queryKey: gttAccountsQuery.queryKey })
      form.reset()
      notifyDone(`The account ${opened.account_scope} is open`)
    },
  })
  const submit = form.onSubmit(({ account_scope, opening_cash }) => {
    // The second click of a double click comes before the button is disabled.
    if (client.isMutating({ mutationKey: OPENING })) return
    opening.mutate({ account_scope: account_scope.trim(), opening_cash: Number(opening_cash) })
  })
  return (
    <Section title="Open a paper account" note={`Each worker and GTT trades on one account.${prices}`}>
      <form onSubmit={submit}>
        <Stack gap="sm" maw={360}>
          <TextInput
            label="Name"
            placeholder="kite:paper-b"
            autoComplete="off"
            spellCheck={false}
            {...form.getInputProps("account_scope")}
          />
          <AmountInput label="Cash (₹)" step={100_000} {...form.getInputProps("opening_cash")} />
          {opening.error && (
            <Alert color="red" variant="light" role="alert">
              {failureText(opening.error).message}
            </Alert>
          )}
          <Button type="submit" loading={opening.isPending} style={{ alignSelf: "start" }}>
            Open account
          </Button>
        </Stack>
      </form>
    </Section>
  )
}
