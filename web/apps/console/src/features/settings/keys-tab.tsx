import { AGENT_SCOPES, WORKER_SCOPES } from "@/lib/queries/account"
import { KeysSection } from "./keys-section"

export function KeysTab() {
  return (
    <>
      <KeysSection
        kind="agent"
        title="Agent keys"
        note="For the local agent and your own scripts: sent as a Bearer token."
        noun="agent key"
        scopes={AGENT_SCOPES}
        defaultScopes={["signals:read", "results:write", "sync:write"]}
      />
      <KeysSection
        kind="worker"
        title="Worker tokens"
        note="For strategy workers."
        noun="worker token"
        scopes={WORKER_SCOPES}
        defaultScopes={["paper", "data"]}
      />
    </>
  )
}
