import { Alert } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Loaded } from "@/components/loaded"
import { Page } from "@/components/page"
import { sessionQuery, settingsQuery } from "@/lib/queries"
import { Credentials } from "./credentials"
import { Devices } from "./devices"
import { Execution } from "./execution"
import { Ignored } from "./ignored"
import { KillSwitch } from "./kill-switch"
import { Numbers } from "./numbers"

/** The configuration. It is changed on the agent's own machine only; stopping is possible everywhere. */
export function SettingsPage() {
  const { data: session } = useQuery(sessionQuery)
  const isLocal = session?.is_local ?? false
  return (
    <Page title="Settings">
      {!isLocal && (
        <Alert color="gray" variant="light">
          This device may stop trading and decide about signals. Settings are changed on the agent's own
          machine, at <code>http://localhost:5679</code>.
        </Alert>
      )}
      <KillSwitch />
      <Loaded query={useQuery(settingsQuery)} what="The settings" shape={[120, 260]}>
        {(settings) => (
          <>
            <Execution settings={settings} isLocal={isLocal} />
            <Numbers key={JSON.stringify(settings)} settings={settings} isLocal={isLocal} />
            {isLocal && <Credentials settings={settings} />}
          </>
        )}
      </Loaded>
      <Ignored />
      <Devices isLocal={isLocal} />
    </Page>
  )
}
