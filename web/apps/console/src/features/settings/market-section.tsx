import { Alert, Button, Group, Radio, Stack, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import type { MarketOut, TradedMarket } from "@tradertape/api/generated/types.gen.ts"
import { useState } from "react"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { failureText } from "@/lib/notify"
import { chooseMarket, MARKET_TITLES, tradedMarketQuery } from "@/lib/queries/traded-market"

const MEANING: Record<TradedMarket, string> = {
  simulated: "Prices are generated. Everything can be tried at any hour, without a broker.",
  exchange: "Prices, instruments and candles come live from NSE and BSE through your connected brokers.",
  sandbox: "Prices come from a broker sandbox. They are not those of the exchange.",
}

/** Which market the whole server trades: shown to everybody, chosen by those whom the server lets. */
export function MarketSection() {
  const { data, error, refetch } = useQuery(tradedMarketQuery)
  if (error && !data) return <ErrorState error={error} what="The market" retry={refetch} />
  if (!data) return null
  return (
    <Section
      title="Market of this server"
      note="Paper at a broker's prices is the first step before live: switch to them, then open a paper account here. The market is one for everybody on this server."
    >
      <Choice market={data} />
    </Section>
  )
}

function Choice({ market }: { market: MarketOut }) {
  const client = useQueryClient()
  const [picked, setPicked] = useState<string>(market.chosen)
  const choosing = useMutation({
    mutationFn: chooseMarket,
    onSuccess: (found) => client.setQueryData(tradedMarketQuery.queryKey, found),
  })
  return (
    <Stack gap="sm" maw={560}>
      <Radio.Group value={picked} onChange={setPicked} label={`Now: ${MARKET_TITLES[market.market]}`}>
        <Stack gap="xs" mt="xs">
          {market.choices.map((one) => (
            <Radio
              key={one}
              value={one}
              disabled={!market.can_choose}
              label={MARKET_TITLES[one]}
              description={MEANING[one]}
            />
          ))}
        </Stack>
      </Radio.Group>
      <Explanation market={market} />
      {choosing.error && (
        <Alert color="red" variant="light" role="alert">
          {failureText(choosing.error).message}
        </Alert>
      )}
      {market.can_choose && (
        <Group>
          <Button
            variant="default"
            disabled={picked === market.chosen}
            loading={choosing.isPending}
            onClick={() => choosing.mutate(picked as TradedMarket)}
          >
            {market.switches_itself ? "Switch to this market" : "Use from the next start"}
          </Button>
        </Group>
      )}
    </Stack>
  )
}

function Explanation({ market }: { market: MarketOut }) {
  if (market.needs_restart)
    return (
      <Alert color="yellow" variant="light" role="status">
        {`${market.switches_itself ? "The server now switches to" : "Restart the server to switch to"}: ${MARKET_TITLES[market.chosen]}. Paper accounts of the present market then rest: they can be read, and their orders wait until you switch back.`}
      </Alert>
    )
  if (market.fixed_by) return <Text size="sm">{market.fixed_by}</Text>
  if (!market.can_choose)
    return (
      <Text size="sm">Other people use this server too, so an administrator of it chooses the market.</Text>
    )
  return null
}
