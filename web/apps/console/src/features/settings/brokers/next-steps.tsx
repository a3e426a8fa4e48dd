import { Stack, Text } from "@mantine/core"
import { EnvironmentChip } from "@tradertape/ui/components/environment-chip.tsx"
import { CodeBlock } from "@/components/copy/code-block"
import { LinkButton } from "@/components/page/link-button"
import { Section } from "@/components/page/section"
import type { BrokerRow } from "@/lib/queries/brokers"
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
          <Text size="sm" c="dimmed" mb={6}>
            Choose {isSandbox ? "the sandbox's prices" : "real prices"} as the market of this server in Paper
            accounts: they are then filled at what {row.title} sends. No order leaves this server, so mistakes
            cost nothing.
          </Text>
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
