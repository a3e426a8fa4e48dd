import { Tabs } from "@mantine/core"
import { useNavigate, useSearch } from "@tanstack/react-router"
import { PageHeader } from "@/components/page/page-header"
import { OptionRunsTab } from "./options/option-runs-tab"
import { RunsTab } from "./runs/runs-tab"
import { TokensTab } from "./tokens/tokens-tab"

const TABS = ["options", "tokens"] as const

/** Strategy workers: their runs, and the tokens they authenticate with. */
export function WorkersPage() {
  const { tab = "runs" } = useSearch({ from: "/frame/workers" })
  const navigate = useNavigate({ from: "/workers" })
  return (
    <>
      <PageHeader title="Workers" />
      <Tabs value={tab} onChange={(next) => navigate({ search: { tab: TABS.find((one) => one === next) } })}>
        <Tabs.List mb="md">
          <Tabs.Tab value="runs">Runs</Tabs.Tab>
          <Tabs.Tab value="options">Option runs</Tabs.Tab>
          <Tabs.Tab value="tokens">Tokens</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="runs">
          <RunsTab />
        </Tabs.Panel>
        <Tabs.Panel value="options">
          <OptionRunsTab />
        </Tabs.Panel>
        <Tabs.Panel value="tokens">
          <TokensTab />
        </Tabs.Panel>
      </Tabs>
    </>
  )
}
