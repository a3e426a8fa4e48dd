import { type QueryClient, queryOptions } from "@tanstack/react-query"
import { unwrap, unwrapPage } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type {
  DashboardOut,
  DeployIn,
  PlaceOut,
  PortfolioOut,
  PortfoliosOverviewOut,
  ScannedDayOut,
  ScanOut,
  ScanRunOut,
  SignalCheckOut,
  SignalOut,
  StoryOut,
  TradertapeServerFeaturesPortfoliosSchemasPositionOut,
  TwinOut,
} from "@tradertape/api/generated/types.gen.ts"
import { once } from "@tradertape/api/once.ts"
import type { Explanation } from "./strategies"

export type Portfolio = PortfolioOut
export type Dashboard = DashboardOut
export type Overview = PortfoliosOverviewOut
export type Signal = SignalOut
export type SignalStatus = SignalOut["status"]
export type SignalCheck = SignalCheckOut
export type ModelPosition = TradertapeServerFeaturesPortfoliosSchemasPositionOut
export type Placed = PlaceOut
export type Scan = ScanOut
export type ScanRun = ScanRunOut
export type ScannedDay = ScannedDayOut
export type Story = StoryOut
export type NewPortfolio = DeployIn
export type Twin = TwinOut

const MODELS = "models"
const POLL_MS = 30_000

export const overviewOfModelsQuery = queryOptions({
  queryKey: [MODELS, "overview"],
  queryFn: ({ signal }) => unwrap(api.getOverview({ signal })),
  refetchInterval: POLL_MS,
})

export const portfoliosQuery = (retired = false) =>
  queryOptions({
    queryKey: [MODELS, "list", retired],
    queryFn: ({ signal }) =>
      unwrap(
        api.listPortfolios({
          signal,
          query: { status: retired ? ["active", "paused", "retired"] : ["active", "paused"] },
        }),
      ),
    refetchInterval: POLL_MS,
  })

export const dashboardQuery = (id: number) =>
  queryOptions({
    queryKey: [MODELS, "dashboard", id],
    // Without an id the answer is that of all portfolios.
    queryFn: async ({ signal }) =>
      (await unwrap(api.getDashboard({ signal, query: { portfolio_id: id } }))) as Dashboard,
    refetchInterval: POLL_MS,
  })

/** The portfolio beside its backtest; it changes with a scan, so the scanned day is part of the key. */
export const twinQuery = (id: number, until: string | null) =>
  queryOptions({
    queryKey: [MODELS, "twin", id, until],
    queryFn: ({ signal }) => unwrap(api.getTwin({ signal, path: { portfolio_id: id } })),
    staleTime: 60_000,
  })

/** At most this many of a list are shown. */
export const MOST_SIGNALS = 200

export const modelSignalsQuery = (status: readonly SignalStatus[], portfolio?: number) =>
  queryOptions({
    queryKey: [MODELS, "signals", status, portfolio ?? null],
    queryFn: ({ signal }) =>
      unwrapPage(
        api.listSignals({
          signal,
          query: { status: [...status], portfolio_id: portfolio, limit: MOST_SIGNALS },
        }),
      ),
    refetchInterval: POLL_MS,
  })

export const signalCheckQuery = (id: number) =>
  queryOptions({
    queryKey: [MODELS, "check", id],
    queryFn: ({ signal }) => unwrap(api.checkSignal({ signal, path: { signal_id: id } })),
  })

const typed = (explanation: unknown) => explanation as Explanation

export const signalExplanationQuery = (id: number) =>
  queryOptions({
    queryKey: [MODELS, "explanation", id],
    queryFn: async ({ signal }) =>
      typed(await unwrap(api.explainSignal({ signal, path: { signal_id: id } }))),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const symbolExplanationQuery = (portfolio: number, symbol: string, day: string) =>
  queryOptions({
    queryKey: [MODELS, "explanation", portfolio, symbol, day],
    queryFn: async ({ signal }) =>
      typed(
        await unwrap(
          api.explainSymbol({ signal, path: { portfolio_id: portfolio }, query: { symbol, day } }),
        ),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const modelPositionsQuery = (status: "open" | "closed", portfolio?: number) =>
  queryOptions({
    queryKey: [MODELS, "positions", status, portfolio ?? null],
    queryFn: ({ signal }) =>
      unwrapPage(api.listPositions({ signal, query: { status, portfolio_id: portfolio, limit: 500 } })),
    refetchInterval: POLL_MS,
  })

export const storyQuery = (id: number) =>
  queryOptions({
    queryKey: [MODELS, "story", id],
    queryFn: ({ signal }) => unwrap(api.getStory({ signal, path: { position_id: id } })),
  })

export const scanRunsQuery = queryOptions({
  queryKey: [MODELS, "scans"],
  queryFn: ({ signal }) => unwrap(api.listScans({ signal, query: { limit: 50 } })),
  refetchInterval: POLL_MS,
})

export const scannedDaysQuery = (portfolio: number) =>
  queryOptions({
    queryKey: [MODELS, "days", portfolio],
    queryFn: ({ signal }) =>
      unwrap(api.listScannedDays({ signal, path: { portfolio_id: portfolio }, query: { limit: 750 } })),
  })

export const verdictsQuery = (portfolio: number, day: string) =>
  queryOptions({
    queryKey: [MODELS, "verdicts", portfolio, day],
    queryFn: ({ signal }) =>
      unwrap(api.getVerdicts({ signal, path: { portfolio_id: portfolio }, query: { day } })),
  })

export const ledgerQuery = (portfolio: number, symbol: string) =>
  queryOptions({
    queryKey: [MODELS, "ledger", portfolio, symbol],
    queryFn: ({ signal }) =>
      unwrap(api.getLedger({ signal, path: { portfolio_id: portfolio }, query: { symbol, limit: 250 } })),
  })

/** Everything of model portfolios is read again after a change: an approval moves capital as well. */
export const refreshModels = (client: QueryClient) => client.invalidateQueries({ queryKey: [MODELS] })

export type PortfolioAction = "pause" | "resume" | "retire" | "reset"

const ACTIONS = {
  pause: api.pausePortfolio,
  resume: api.resumePortfolio,
  retire: api.retirePortfolio,
  reset: api.resetPortfolio,
}

export const modelCalls = {
  deploy: (body: NewPortfolio) =>
    once({ deploy: body }, (headers) => unwrap(api.deployPortfolio({ body, headers }))),
  act: (id: number, action: PortfolioAction) => unwrap(ACTIONS[action]({ path: { portfolio_id: id } })),
  scan: (body: { portfolio_id?: number; dry_run?: boolean }) => unwrap(api.scan({ body })),
  decide: (ids: number[], action: "approve" | "reject" | "expire") =>
    unwrap(api.actOnSignals({ body: { ids, action } })),
  place: (body: { signal_ids: number[]; dry_run: boolean }) => unwrap(api.placeCart({ body })),
  /** A live portfolio from one on paper, which goes on. */
  promote: (id: number, name: string, placed_by: Portfolio["placed_by"]) =>
    once({ promote: id, name, placed_by }, (headers) =>
      unwrap(
        api.promotePortfolio({
          path: { portfolio_id: id },
          body: { name, placed_by, confirm_live: true },
          headers,
        }),
      ),
    ),
  cancel: (id: number) => unwrap(api.cancelSignal({ path: { signal_id: id }, body: {} })),
  retry: (id: number) => unwrap(api.retrySignal({ path: { signal_id: id } })),
  close: (id: number, quantity?: number) =>
    unwrap(api.closePosition({ path: { position_id: id }, body: { quantity } })),
}
