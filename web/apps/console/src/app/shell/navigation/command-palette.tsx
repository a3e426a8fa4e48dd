import "@mantine/spotlight/styles.css"
import { useDebouncedValue } from "@mantine/hooks"
import { createSpotlight, Spotlight, type SpotlightActionGroupData } from "@mantine/spotlight"
import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { percent } from "@tradertape/ui/format.ts"
import { ChartCandlestick, FlaskConical, Search, Waypoints } from "lucide-react"
import { type MouseEvent, useEffect, useMemo, useRef, useState } from "react"
import { runsQuery } from "@/lib/queries/backtests"
import { instrumentSearchQuery } from "@/lib/queries/live"
import { strategiesQuery } from "@/lib/queries/strategies"
import classes from "./command-palette.module.css"
import { onPaletteRequest } from "./palette"
import { useCommands } from "./palette-commands"
import { matchActions } from "./palette-search"
import { CHANGELOG, PLACES, READING } from "./places"

const MAX_INSTRUMENTS = 6
const [store, spotlight] = createSpotlight()

/** Select the action under a mouse that moved; one that rests while results change selects nothing. */
function selectUnderMouse(event: MouseEvent): void {
  if (event.movementX === 0 && event.movementY === 0) return
  const target = event.target instanceof Element ? event.target.closest("[data-action]") : null
  if (target && !target.hasAttribute("data-selected")) select(target)
}

function select(target: Element): void {
  const palette = target.closest("[role=dialog]")
  if (!palette) return
  palette.querySelector("[data-selected]")?.removeAttribute("data-selected")
  target.setAttribute("data-selected", "true")
  const selected = [...palette.querySelectorAll("[data-action]")].indexOf(target)
  store.updateState((state) => ({ ...state, selected }))
}

/** Select the first action, if the one that was selected is no longer listed. */
function selectSomething(search: HTMLInputElement | null): void {
  const palette = search?.closest("[role=dialog]")
  const first = palette?.querySelector("[data-action]")
  if (first && !palette?.querySelector("[data-selected]")) select(first)
}

/** ⌘K: go to a page, an instrument, a strategy or a run, or start an action. */
export default function CommandPalette() {
  const navigate = useNavigate()
  const strategies = useQuery(strategiesQuery("mine"))
  const runs = useQuery(runsQuery())
  const [typed, setTyped] = useState("")
  const [words] = useDebouncedValue(typed.trim(), 120)
  const instruments = useQuery(instrumentSearchQuery(words, MAX_INSTRUMENTS))
  // It is mounted by the first request, so it opens at once, and again on every later request.
  useEffect(() => {
    spotlight.open()
    return onPaletteRequest(spotlight.open)
  }, [])
  const search = useRef<HTMLInputElement>(null)
  // Instruments arrive after typing, when nothing was selectable yet.
  useEffect(() => {
    if (instruments.data) selectSomething(search.current)
  }, [instruments.data])
  const commands = useCommands()
  const actions = useMemo<SpotlightActionGroupData[]>(
    () => [
      { group: "Actions", actions: commands },
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
        group: "Instruments",
        actions: (words ? (instruments.data ?? []) : []).map((one) => ({
          id: `instrument-${one.instrument}`,
          label: one.tradingsymbol,
          description: [one.exchange, one.name || one.underlying].filter(Boolean).join(" · "),
          // The server matched these words, perhaps against the full name: do not filter the result again.
          keywords: [words],
          leftSection: <ChartCandlestick size={16} />,
          onClick: () => navigate({ to: "/market/$id", params: { id: one.instrument } }),
        })),
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
    [navigate, commands, strategies.data, runs.data, instruments.data, words],
  )
  return (
    <Spotlight
      store={store}
      actions={actions}
      query={typed}
      onQueryChange={setTyped}
      shortcut={null}
      filter={matchActions}
      classNames={{ action: classes.action }}
      onMouseMove={selectUnderMouse}
      highlightQuery
      limit={30}
      nothingFound="No matches"
      searchProps={{
        ref: search,
        // Somebody in a hurry presses Enter before anything is selected in the new results.
        onKeyDown: (event) => {
          if (event.key === "Enter") selectSomething(event.currentTarget)
        },
        placeholder: "Search actions, instruments, strategies, runs and pages",
        leftSection: <Search size={18} />,
        "aria-label": "Search",
      }}
    />
  )
}
