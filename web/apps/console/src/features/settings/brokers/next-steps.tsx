import { Stack, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { EnvironmentChip } from "@tradertape/ui/components/environment-chip.tsx"
import { CodeBlock } from "@/components/copy/code-block"
import { LinkButton } from "@/components/page/link-button"
import { Section } from "@/components/page/section"
import type { BrokerRow } from "@/lib/queries/brokers"
import { tradedMarketQuery } from "@/lib/queries/traded-market"
import { liveEnvironment } from "./live-snippet"

/** What to do with a connected broker: first on paper at real prices, then live. */
export function NextSteps({ connected }: { connected: BrokerRow[] }) {
  const row = connected[0]
  if (!row) return null
  const isSandbox = row.environment === "sandbox"
  return (
    <Section
      title="Next steps"
      note={
        isSandbox
          ? "This is the sandbox: nothing here is real."
          : "Trade on paper at real prices first; go live when a strategy has proven itself there."
      }
      action={<EnvironmentChip environment={row.environment} />}
    >
      <Stack gap="sm">
        <div>
          <Text size="sm" fw={550}>
            1. Paper at {isSandbox ? "the sandbox's" : "real"} prices: the first step before live
          </Text>
          <PaperWords row={row} />
          <LinkButton to="/settings" search={{ tab: "accounts" }} variant="default">
            Paper accounts
          </LinkButton>
        </div>
        <div>
          <Text size="sm" fw={550}>
            2. Live{isSandbox && " against the sandbox"}
          </Text>
          <Text size="sm" c="dimmed" mb={6}>
            Create a worker token with the scope “live” and start your worker with this environment.{" "}
            {isSandbox
              ? "Its orders fill on the sandbox's simulated exchange."
              : "Its orders move real money, within the limits and behind the kill switch you see on every page."}
          </Text>
          <CodeBlock
            label="environment of a live worker"
            code={liveEnvironment(window.location.origin, row.name, row.session.user_id ?? "")}
          />
        </div>
      </Stack>
    </Section>
  )
}

/** How far the server is from paper at this broker's prices, and who takes the next step. */
function PaperWords({ row }: { row: BrokerRow }) {
  const { data: traded } = useQuery(tradedMarketQuery)
  const isSandbox = row.environment === "sandbox"
  const prices = isSandbox ? "the sandbox's prices" : "real prices"
  const isDone = traded?.market === (isSandbox ? "sandbox" : "exchange")
  const step = isDone
    ? `This server trades at ${prices}: a paper account that you open is filled at what ${row.title} sends.`
    : traded?.can_choose === false
      ? `Paper accounts are filled at what ${row.title} sends once the market of this server is that of ${prices}. It is one for everybody here, so an administrator chooses it.`
      : `Choose ${prices} as the market of this server in Paper accounts: an account that you then open is filled at what ${row.title} sends.`
  return (
    <Text size="sm" c="dimmed" mb={6}>
      {step} No order leaves this server, so mistakes cost nothing.
    </Text>
  )
}
