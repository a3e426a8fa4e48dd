import { createHashHistory, createRootRoute, createRoute, createRouter } from "@tanstack/react-router"
import { useHidden } from "@tradertape/ui/discreet.ts"
import { BrokersPage } from "@/features/brokers/brokers-page"
import { DashboardPage } from "@/features/dashboard/dashboard-page"
import { FundsPage } from "@/features/funds/funds-page"
import { HoldingsPage } from "@/features/holdings/holdings-page"
import { LogsPage } from "@/features/logs/logs-page"
import { PrivacyPage } from "@/features/privacy/privacy-page"
import { ReconciliationPage } from "@/features/reconciliation/reconciliation-page"
import { SettingsPage } from "@/features/settings/settings-page"
import { SignalsPage } from "@/features/signals/signals-page"
import { UploadsPage } from "@/features/uploads/uploads-page"
import { Frame } from "./shell/frame"
import { NotFound } from "./shell/not-found"

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound })

/** A page, rendered again when amounts are hidden or shown: rendered, not mounted, so that what is typed stays. */
const at = <Path extends string>(path: Path, Page: () => React.JSX.Element) =>
  createRoute({
    getParentRoute: () => root,
    path,
    component: function DiscreetPage() {
      useHidden()
      return <Page />
    },
  })

const routeTree = root.addChildren([
  at("/", DashboardPage),
  at("/signals", SignalsPage),
  at("/holdings", HoldingsPage),
  at("/funds", FundsPage),
  at("/brokers", BrokersPage),
  at("/reconciliation", ReconciliationPage),
  at("/uploads", UploadsPage),
  at("/privacy", PrivacyPage),
  at("/logs", LogsPage),
  at("/settings", SettingsPage),
])

// The section is after the #: the agent serves one page, and nothing else to who is not paired.
export const router = createRouter({ routeTree, history: createHashHistory() })

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router
  }
}
