import "@mantine/spotlight/styles.css"
import { Spotlight, type SpotlightActionGroupData, spotlight } from "@mantine/spotlight"
import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { percent } from "@tradertape/ui/format.ts"
import { FlaskConical, Plus, Search, Waypoints } from "lucide-react"
import { useEffect, useMemo } from "react"
import { runsQuery } from "@/lib/queries/backtests"
import { strategiesQuery } from "@/lib/queries/strategies"
import { onPaletteAsked } from "./palette"
import { CHANGELOG, PLACES, READING } from "./places"

/** ⌘K: go to a place, a strategy or a run, or start something. */
export default function CommandPalette() {
  const navigate = useNavigate()
  const strategies = useQuery(strategiesQuery("mine"))
  const runs = useQuery(runsQuery())
  // It is mounted because it was asked for, so it opens at once, and again whenever it is asked for.
  useEffect(() => {
    spotlight.open()
    return onPaletteAsked(spotlight.open)
  }, [])
  const actions = useMemo<SpotlightActionGroupData[]>(
    () => [
      {
        group: "Do",
        actions: [
          {
            id: "new-run",
            label: "Run a backtest",
            leftSection: <Plus size={16} />,
            onClick: () => navigate({ to: "/backtests/new" }),
          },
        ],
      },
      {
        group: "Go to",
        actions: [
          ...[...PLACES, CHANGELOG].map(({ to, label, icon: Icon }) => ({
            id: to,
            label,
            leftSection: <Icon size={16} />,
            onClick: () => navigate({ to }),
          })),
          ...READING.map(({ href, label, icon: Icon }) => ({
            id: href,
            label,
            leftSection: <Icon size={16} />,
            onClick: () => window.location.assign(href),
          })),
        ],
      },
      {
        group: "Strategies",
        actions: (strategies.data?.items ?? []).map((strategy) => ({
          id: `strategy-${strategy.id}`,
          label: strategy.name,
          description: strategy.description ?? "",
          leftSection: <Waypoints size={16} />,
          onClick: () => navigate({ to: "/strategies/$id", params: { id: String(strategy.id) } }),
        })),
      },
      {
        group: "Backtests",
        actions: (runs.data?.items ?? []).slice(0, 30).map((run) => ({
          id: `run-${run.run_id}`,
          label: run.name || run.strategy.name,
          description: `${run.universe} · CAGR ${percent(run.headline?.cagr)}`,
          leftSection: <FlaskConical size={16} />,
          onClick: () => navigate({ to: "/backtests/$id", params: { id: run.run_id } }),
        })),
      },
    ],
    [navigate, strategies.data, runs.data],
  )
  return (
    <Spotlight
      actions={actions}
      shortcut={null}
      highlightQuery
      limit={12}
      nothingFound="Nothing of that name"
      searchProps={{
        placeholder: "Search strategies, runs and places",
        leftSection: <Search size={18} />,
        "aria-label": "Search",
      }}
    />
  )
}
