import { Stack } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Play } from "lucide-react"
import { IndicesStrip } from "@/components/indices/indices-strip"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { SimulatedBadge } from "@/components/states/simulated-badge"
import { meQuery } from "@/lib/queries/auth"
import { dataSetsQuery } from "@/lib/queries/market"
import { ConnectBroker } from "./connect-broker"
import { DataSets } from "./data-sets"
import classes from "./home.module.css"
import { LiveStrip } from "./live-strip"
import { Models } from "./models/models"
import { NextSteps } from "./next-steps"
import { RecentRuns } from "./recent-runs"
import { RecentStrategies } from "./recent-strategies"

export function HomePage() {
  const { data: me } = useQuery(meQuery)
  const { data: sets } = useQuery(dataSetsQuery)
  const active = sets?.find((set) => set.active)
  const first = me?.name?.split(" ")[0]
  return (
    <>
      <PageHeader
        title={first ? `Welcome back, ${first}` : "Home"}
        chips={<SimulatedBadge shown={active?.simulated ?? false} />}
        action={
          <LinkButton to="/backtests/new" leftSection={<Play size={15} />}>
            Run a backtest
          </LinkButton>
        }
      />
      <IndicesStrip />
      <Models />
      <LiveStrip />
      <div className={classes.columns}>
        <Stack gap="md">
          <NextSteps />
          <RecentRuns />
        </Stack>
        <Stack gap="md">
          <ConnectBroker />
          <RecentStrategies />
          <DataSets />
        </Stack>
      </div>
    </>
  )
}
