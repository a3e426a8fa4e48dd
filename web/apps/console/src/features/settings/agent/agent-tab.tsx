import { Alert, Skeleton, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { ErrorState } from "@/components/states/error-state"
import { installLine } from "@/lib/install-line"
import { AGENT_SCOPES } from "@/lib/queries/account"
import { agentsQuery } from "@/lib/queries/agents"
import { KeysSection } from "../keys-section"
import { AgentsSection } from "./agents-section"
import { LeasesSection } from "./leases-section"
import { ObfuscationSection } from "./obfuscation-section"
import { SnapshotsSection } from "./snapshots-section"

/** The trading agent: its keys, its state, and what it sent. */
export function AgentTab() {
  const { data, error, isPending, refetch } = useQuery(agentsQuery)
  if (isPending) return <Skeleton height={240} />
  if (error && !data) return <ErrorState error={error} what="Your agents" retry={refetch} />
  return (
    <>
      {data.agents.some((agent) => agent.update_available) && (
        <Alert color="blue" variant="light" title={`Latest version: ${data.latest.version}`}>
          <Text size="sm">
            An agent is older. Update it with <code>{installLine('--upgrade "tradertape-agent[all]"')}</code>.
            Below {data.latest.min_supported} it places nothing without asking.
          </Text>
        </Alert>
      )}
      <AgentsSection page={data} />
      {data.leases.length > 0 && <LeasesSection leases={data.leases} />}
      <KeysSection
        kind="agent"
        title="Agent keys"
        note="One for each machine. A key is shown once; revoke it and the agent stops at once."
        noun="agent key"
        scopes={AGENT_SCOPES}
        defaultScopes={["signals:read", "results:write", "sync:write"]}
      />
      {data.snapshots.length > 0 && <SnapshotsSection page={data} />}
      <ObfuscationSection isOn={data.obfuscation} clearFiles={data.clear_files} />
    </>
  )
}
