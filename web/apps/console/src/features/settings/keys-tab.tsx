import { KeysSection } from "./keys-section"

export function KeysTab() {
  return (
    <>
      <KeysSection
        kind="agent-keys"
        title="Agent keys"
        note="For the local agent and your own scripts: sent as a Bearer token."
        noun="agent key"
        scopes={["signals:read", "results:write", "sync:write", "api:read", "api:write"]}
        usual={["signals:read", "results:write", "sync:write"]}
      />
      <KeysSection
        kind="worker-tokens"
        title="Worker tokens"
        note="For strategy workers."
        noun="worker token"
        scopes={["paper", "live", "data", "gtt"]}
        usual={["paper", "data"]}
      />
    </>
  )
}
