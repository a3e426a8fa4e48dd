import { Tabs } from "@mantine/core"
import { useNavigate, useSearch } from "@tanstack/react-router"
import { PageHeader } from "@/components/page/page-header"
import { TabStrip } from "@/components/page/tab-strip"
import { AgentTab } from "./agent/agent-tab"
import { AppearanceTab } from "./appearance-tab"
import { BrokersTab } from "./brokers/brokers-tab"
import { KeysTab } from "./keys-tab"
import { NotificationsTab } from "./notifications/notifications-tab"
import { PaperAccountsTab } from "./paper-accounts-tab"
import { ProfileTab } from "./profile-tab"
import { SecurityTab } from "./security-tab"
import classes from "./settings.module.css"
import { WebhooksTab } from "./webhooks/webhooks-tab"

const TABS = [
  { value: "profile", label: "Profile", Body: ProfileTab },
  { value: "security", label: "Security", Body: SecurityTab },
  { value: "brokers", label: "Brokers", Body: BrokersTab },
  { value: "notifications", label: "Notifications", Body: NotificationsTab },
  { value: "webhooks", label: "Incoming webhooks", Body: WebhooksTab },
  { value: "accounts", label: "Paper accounts", Body: PaperAccountsTab },
  { value: "agent", label: "Trading Agent", Body: AgentTab },
  { value: "keys", label: "Agents and workers", Body: KeysTab },
  { value: "appearance", label: "Appearance", Body: AppearanceTab },
] as const

export function SettingsPage() {
  const { tab = "profile" } = useSearch({ from: "/frame/settings" })
  const navigate = useNavigate({ from: "/settings" })
  return (
    <>
      <PageHeader title="Settings" />
      <Tabs
        value={TABS.some(({ value }) => value === tab) ? tab : "profile"}
        onChange={(next) =>
          navigate({ search: { tab: next === "profile" || !next ? undefined : next }, replace: true })
        }
      >
        <TabStrip tabs={TABS} value={tab} />
        {TABS.map(({ value, Body }) => (
          <Tabs.Panel key={value} value={value}>
            <div className={classes.column}>
              <Body />
            </div>
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  )
}
