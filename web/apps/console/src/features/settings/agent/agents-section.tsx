import { Badge, Group, Stack, Table, Text } from "@mantine/core"
import { age } from "@tradertape/ui/format.ts"
import { Cpu } from "lucide-react"
import { CodeBlock } from "@/components/copy/code-block"
import { ScrollRegion } from "@/components/page/scroll-region"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { installLine } from "@/lib/install-line"
import type { AgentInstance, AgentsPage } from "@/lib/queries/agents"
import { useNow } from "@/lib/use-now"
import { brokersOf, executionOf, presenceOf } from "./agent-words"

/** The person's agents, or how to install one. */
export function AgentsSection({ page }: { page: AgentsPage }) {
  const portfolios = page.portfolios === 1 ? "1 portfolio" : `${page.portfolios} portfolios`
  return (
    <Section
      title="Trading agent"
      note={`Executes ${portfolios}. Latest version: ${page.latest.version}.`}
      flush={page.agents.length > 0}
    >
      {page.agents.length === 0 ? <NoAgent /> : <AgentTable agents={page.agents} />}
    </Section>
  )
}

function AgentTable({ agents }: { agents: AgentInstance[] }) {
  const now = useNow()
  return (
    <ScrollRegion label="Agents, table" style={{ overflowX: "auto" }}>
      <Table miw={560}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Agent</Table.Th>
            <Table.Th>Last poll</Table.Th>
            <Table.Th>Brokers</Table.Th>
            <Table.Th>Signals</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {agents.map((agent) => {
            const presence = presenceOf(agent)
            return (
              <Table.Tr key={agent.instance}>
                <Table.Td>
                  <Group gap={6}>
                    {agent.instance}
                    <Badge color={presence.tone}>{presence.text}</Badge>
                  </Group>
                  <Text size="xs" c="dimmed">
                    version {agent.version ?? "not told yet"}
                    {agent.update_available && ", update available"}
                  </Text>
                </Table.Td>
                <Table.Td>{agent.last_poll_at ? age(agent.last_poll_at, now) : "never"}</Table.Td>
                <Table.Td>{brokersOf(agent)}</Table.Td>
                <Table.Td>
                  {executionOf(agent)}
                  {agent.obfuscation && (
                    <Text size="xs" c="dimmed">
                      sends scaled quantities
                    </Text>
                  )}
                </Table.Td>
              </Table.Tr>
            )
          })}
        </Table.Tbody>
      </Table>
    </ScrollRegion>
  )
}

const INSTALL = `${installLine('"tradertape-agent[all]"')}\ntradertape-agent configure\ntradertape-agent`

function NoAgent() {
  return (
    <Stack gap="sm">
      <EmptyState icon={<Cpu size={28} />} title="No agent has connected yet">
        The agent is optional. It runs on your own machine, holds your broker keys there, and places the
        orders of portfolios that are set to “agent”. Create a key below, then install it with Python 3.10 or
        later:
      </EmptyState>
      <CodeBlock code={INSTALL} label="install commands" />
    </Stack>
  )
}
