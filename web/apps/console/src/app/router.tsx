import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router"
import { ApiError } from "@tradertape/api/client.ts"
import "@/lib/brokers/arrival"
import { takeToken, withoutToken } from "@/lib/family-token"
import { live } from "@/lib/live"
import { meQuery } from "@/lib/queries/auth"
import type { Tab } from "@/lib/queries/strategies"
import { withDiscreetMode } from "./discreet-page"
import { hasFailedPageLoad, loadPage } from "./page-loading"
import { queryClient, whenSignedOut } from "./query-client"
import { Broken } from "./shell/fallbacks/broken"
import { NotFound } from "./shell/fallbacks/not-found"
import { Pending } from "./shell/fallbacks/pending"
import { Frame } from "./shell/frame"

type Raw = Record<string, unknown>

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined)
const integer = (value: unknown) =>
  Number.isInteger(Number(value)) && value !== "" ? Number(value) : undefined

const pageNumber = (value: unknown) => {
  const found = integer(value)
  return found !== undefined && found > 1 ? found : undefined
}

/** A page whose code is loaded on the first visit, and which is rendered again when amounts are hidden or shown. */
const lazyPage: typeof lazyRouteComponent = (load, name) =>
  lazyRouteComponent(async () => withDiscreetMode(await loadPage(load), name), name)

const rootRoute = createRootRoute({ component: Outlet, notFoundComponent: NotFound })

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: (raw: Raw): { next?: string; ended?: true } => ({
    next: text(raw.next),
    ended: raw.ended === true || undefined,
  }),
  component: lazyPage(() => import("@/features/auth/sign-in-page"), "SignInPage"),
})

const verifyRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in/verify",
  validateSearch: (raw: Raw): { token?: string; next?: string } => ({
    token: text(raw.token),
    next: text(raw.next),
  }),
  component: lazyPage(() => import("@/features/auth/verify-page"), "VerifyPage"),
})

const frameRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "frame",
  component: Frame,
  beforeLoad: async ({ location }) => {
    takeToken()
    try {
      await queryClient.ensureQueryData(meQuery)
    } catch (error) {
      const isSignedOut = error instanceof ApiError && error.status === 401
      if (isSignedOut) throw redirect({ to: "/sign-in", search: { next: withoutToken(location.href) } })
      throw error
    }
  },
})

const homeRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/",
  component: lazyPage(() => import("@/features/home/home-page"), "HomePage"),
})

const TABS: Tab[] = ["mine", "templates", "public"]

const strategiesRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/strategies",
  validateSearch: (raw: Raw): { tab?: Tab; find?: string } => ({
    tab: TABS.find((tab) => tab === raw.tab),
    find: text(raw.find),
  }),
  component: lazyPage(() => import("@/features/strategies/strategies-page"), "StrategiesPage"),
})

const strategyRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/strategies/$id",
  validateSearch: (raw: Raw): { view?: string; at?: string } => ({ view: text(raw.view), at: text(raw.at) }),
  component: lazyPage(() => import("@/features/strategies/strategy-page"), "StrategyPage"),
})

const runsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/backtests",
  validateSearch: (raw: Raw): { find?: string; tag?: string; chosen?: string } => ({
    find: text(raw.find),
    tag: text(raw.tag),
    chosen: text(raw.chosen),
  }),
  component: lazyPage(() => import("@/features/backtests/runs-page"), "RunsPage"),
})

const newRunRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/backtests/new",
  validateSearch: (raw: Raw): { strategy?: number; like?: string } => ({
    strategy: integer(raw.strategy),
    like: text(raw.like),
  }),
  component: lazyPage(() => import("@/features/backtests/new-run-page"), "NewRunPage"),
})

const compareRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/backtests/compare",
  validateSearch: (raw: Raw): { ids?: string } => ({ ids: text(raw.ids) }),
  component: lazyPage(() => import("@/features/backtests/compare-page"), "ComparePage"),
})

const runRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/backtests/$id",
  validateSearch: (raw: Raw): { tab?: string; trade?: string } => ({
    tab: text(raw.tab),
    trade: text(raw.trade),
  }),
  component: lazyPage(() => import("@/features/backtests/run-page"), "RunPage"),
})

const portfoliosRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/portfolios",
  validateSearch: (raw: Raw): { retired?: boolean; compare?: string } => ({
    retired: raw.retired === true || undefined,
    compare: raw.compare === undefined ? undefined : text(String(raw.compare)),
  }),
  component: lazyPage(() => import("@/features/portfolios/portfolios-page"), "PortfoliosPage"),
})

const portfolioRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/portfolios/$id",
  component: lazyPage(() => import("@/features/portfolios/portfolio-page"), "PortfolioPage"),
})

const APPROVAL_TABS = ["pending", "placed", "history"] as const

const approvalsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/approvals",
  validateSearch: (
    raw: Raw,
  ): { tab?: (typeof APPROVAL_TABS)[number]; portfolio?: number; signal?: number } => ({
    tab: APPROVAL_TABS.find((tab) => tab === raw.tab),
    portfolio: integer(raw.portfolio),
    signal: integer(raw.signal),
  }),
  component: lazyPage(() => import("@/features/approvals/approvals-page"), "ApprovalsPage"),
})

const cartRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/cart",
  component: lazyPage(() => import("@/features/approvals/cart-page"), "CartPage"),
})

const modelPositionsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/positions",
  validateSearch: (raw: Raw): { show?: "closed"; portfolio?: number } => ({
    show: raw.show === "closed" ? "closed" : undefined,
    portfolio: integer(raw.portfolio),
  }),
  component: lazyPage(() => import("@/features/positions/positions-page"), "PositionsPage"),
})

const storyRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/positions/$id",
  component: lazyPage(() => import("@/features/positions/story-page"), "StoryPage"),
})

const scannerRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/scanner",
  validateSearch: (raw: Raw): { portfolio?: number; day?: string; symbol?: string } => ({
    portfolio: integer(raw.portfolio),
    day: text(raw.day),
    symbol: text(raw.symbol),
  }),
  component: lazyPage(() => import("@/features/scanner/scanner-page"), "ScannerPage"),
})

const WORKER_TABS = ["runs", "options", "tokens"] as const
const MODES = ["dry_run", "paper", "sandbox", "live"] as const

const workersRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/workers",
  validateSearch: (
    raw: Raw,
  ): {
    tab?: (typeof WORKER_TABS)[number]
    status?: string
    mode?: (typeof MODES)[number]
    token?: number
    finished?: boolean
    isNew?: true
  } => ({
    tab: WORKER_TABS.find((tab) => tab === raw.tab),
    status: text(raw.status),
    mode: MODES.find((mode) => mode === raw.mode),
    token: integer(raw.token),
    finished: raw.finished === true || undefined,
    isNew: raw.isNew === true || undefined,
  }),
  component: lazyPage(() => import("@/features/workers/workers-page"), "WorkersPage"),
})

const workerRunRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/workers/$id",
  validateSearch: (raw: Raw): { tab?: string } => ({ tab: text(raw.tab) }),
  component: lazyPage(() => import("@/features/workers/run-page"), "WorkerRunPage"),
})

const marketRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/market",
  validateSearch: (raw: Raw): { list?: number } => ({ list: integer(raw.list) }),
  component: lazyPage(() => import("@/features/market/market-page"), "MarketPage"),
})

const symbolRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/market/$id",
  validateSearch: (raw: Raw): { interval?: string } => ({ interval: text(raw.interval) }),
  component: lazyPage(() => import("@/features/market/symbol-page"), "SymbolPage"),
})

const optionsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/options",
  validateSearch: (raw: Raw): { underlying?: string; expiry?: string; legs?: string } => ({
    underlying: text(raw.underlying),
    expiry: text(raw.expiry),
    legs: text(raw.legs),
  }),
  component: lazyPage(() => import("@/features/options/options-page"), "OptionsPage"),
})

const GTT_TABS = ["active", "history", "external"] as const

const riskRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/risk",
  component: lazyPage(() => import("@/features/risk/risk-page"), "RiskPage"),
})

const gttsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/gtts",
  validateSearch: (raw: Raw): { tab?: (typeof GTT_TABS)[number]; make?: string; isNew?: true } => ({
    tab: GTT_TABS.find((tab) => tab === raw.tab),
    make: text(raw.make),
    isNew: raw.isNew === true || undefined,
  }),
  component: lazyPage(() => import("@/features/gtts/gtts-page"), "GttsPage"),
})

const TRADING_TABS = ["orders", "positions", "funds"] as const
const SIDES = ["BUY", "SELL"] as const

const tradingRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/trading",
  validateSearch: (
    raw: Raw,
  ): {
    tab?: (typeof TRADING_TABS)[number]
    ticket?: string
    side?: (typeof SIDES)[number]
    account?: string
    product?: string
    isNew?: true
  } => ({
    tab: TRADING_TABS.find((tab) => tab === raw.tab),
    ticket: text(raw.ticket),
    side: SIDES.find((side) => side === raw.side),
    account: text(raw.account),
    product: text(raw.product),
    isNew: raw.isNew === true || undefined,
  }),
  component: lazyPage(() => import("@/features/trading/trading-page"), "TradingPage"),
})

const WEALTH_TABS = ["holdings", "positions", "orders", "funds"] as const

const wealthRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/wealth",
  validateSearch: (raw: Raw): { tab?: (typeof WEALTH_TABS)[number]; broker?: string; sandbox?: boolean } => ({
    tab: WEALTH_TABS.find((tab) => tab === raw.tab),
    broker: text(raw.broker),
    sandbox: typeof raw.sandbox === "boolean" ? raw.sandbox : undefined,
  }),
  component: lazyPage(() => import("@/features/holdings/wealth-page"), "WealthPage"),
})

const BOOK_TABS = [
  "overview",
  "holdings",
  "funds",
  "realised",
  "dividends",
  "tax",
  "ledger",
  "quality",
] as const
const PAIR_SORTS = ["closed_on", "profit", "symbol", "days", "proceeds"] as const
const PAIR_ORDERS = ["asc", "desc"] as const

interface BookSearch {
  tab?: (typeof BOOK_TABS)[number]
  fy?: string
  page?: number
  sort?: (typeof PAIR_SORTS)[number]
  order?: (typeof PAIR_ORDERS)[number]
}

const bookRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/net-worth",
  validateSearch: (raw: Raw): BookSearch => ({
    tab: BOOK_TABS.find((tab) => tab === raw.tab),
    fy: typeof raw.fy === "string" && /^\d{4}-\d{2}$/.test(raw.fy) ? raw.fy : undefined,
    page: pageNumber(raw.page),
    sort: PAIR_SORTS.find((one) => one === raw.sort),
    order: PAIR_ORDERS.find((one) => one === raw.order),
  }),
  component: lazyPage(() => import("@/features/wealth/book-page"), "BookPage"),
})

const familyRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/family",
  validateSearch: (raw: Raw): { group?: number; tab?: "members" } => ({
    group: integer(raw.group),
    tab: raw.tab === "members" ? "members" : undefined,
  }),
  component: lazyPage(() => import("@/features/family/family-page"), "FamilyPage"),
})

const invitationRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/family/invitation",
  component: lazyPage(() => import("@/features/family/invitation-page"), "InvitationPage"),
})

const JOURNAL_TABS = ["trades", "analysis", "calendar", "discovery", "lost"] as const

interface JournalSearch {
  tab?: (typeof JOURNAL_TABS)[number]
  trip?: string
  money?: "paper"
}

const journalRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/journal",
  validateSearch: (raw: Raw): JournalSearch => ({
    tab: JOURNAL_TABS.find((tab) => tab === raw.tab),
    trip: typeof raw.trip === "string" && /^[0-9a-f]{32}$/.test(raw.trip) ? raw.trip : undefined,
    money: raw.money === "paper" ? "paper" : undefined,
  }),
  component: lazyPage(() => import("@/features/journal/journal-page"), "JournalPage"),
})

const reconciliationRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/wealth/reconciliation",
  component: lazyPage(() => import("@/features/reconciliation/reconciliation-page"), "ReconciliationPage"),
})

/** Where a broker's login page returns to; it reads its own query, see `lib/brokers/arrival`. */
const brokerCallbackRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/brokers/$broker/callback",
  component: lazyPage(() => import("@/features/settings/brokers/callback/callback-page"), "CallbackPage"),
})

const uploadsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/uploads",
  component: lazyPage(() => import("@/features/uploads/uploads-page"), "UploadsPage"),
})

const jobsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/jobs",
  component: lazyPage(() => import("@/features/operations/jobs-page"), "JobsPage"),
})

const changelogRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/changelog",
  component: lazyPage(() => import("@/features/changelog/changelog-page"), "ChangelogPage"),
})

const settingsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/settings",
  validateSearch: (raw: Raw): { tab?: string } => ({ tab: text(raw.tab) }),
  component: lazyPage(() => import("@/features/settings/settings-page"), "SettingsPage"),
})

/** The address in mails and messages of the server: `?connect=` names the broker. */
const brokerSettingsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/settings/brokers",
  validateSearch: (raw: Raw): { connect?: string } => ({ connect: text(raw.connect) }),
  beforeLoad: ({ search: { connect } }) => {
    throw redirect({ to: "/settings", search: { tab: "brokers" }, ...(connect && { hash: connect }) })
  },
})

/** Every other address: a page inside the navigation, for those who are signed in. */
const unknownRoute = createRoute({ getParentRoute: () => frameRoute, path: "$", component: NotFound })

const routeTree = rootRoute.addChildren([
  signInRoute,
  verifyRoute,
  frameRoute.addChildren([
    homeRoute,
    strategiesRoute,
    strategyRoute,
    runsRoute,
    newRunRoute,
    compareRoute,
    runRoute,
    portfoliosRoute,
    portfolioRoute,
    approvalsRoute,
    cartRoute,
    modelPositionsRoute,
    storyRoute,
    scannerRoute,
    workersRoute,
    workerRunRoute,
    marketRoute,
    symbolRoute,
    optionsRoute,
    tradingRoute,
    riskRoute,
    gttsRoute,
    wealthRoute,
    bookRoute,
    journalRoute,
    familyRoute,
    invitationRoute,
    reconciliationRoute,
    brokerCallbackRoute,
    uploadsRoute,
    jobsRoute,
    changelogRoute,
    settingsRoute,
    brokerSettingsRoute,
    unknownRoute,
  ]),
])

export const router = createRouter({
  routeTree,
  defaultPreload: "intent",
  defaultPendingMs: 120,
  defaultPendingMinMs: 0,
  defaultPendingComponent: Pending,
  defaultErrorComponent: Broken,
  scrollRestoration: true,
})

router.subscribe("onBeforeNavigate", ({ toLocation, pathChanged }) => {
  if (pathChanged && hasFailedPageLoad() && live.status().link !== "lost")
    window.location.assign(toLocation.href)
})

whenSignedOut(() => {
  const { pathname, href } = router.state.location
  if (pathname.startsWith("/sign-in")) return
  // A visitor who was never signed in gets here too, and has no session that ended.
  const wasIn = queryClient.getQueryData(meQuery.queryKey) !== undefined
  queryClient.removeQueries({ queryKey: meQuery.queryKey })
  void router.navigate({ to: "/sign-in", search: { next: withoutToken(href), ended: wasIn || undefined } })
})

declare module "@tanstack/react-router" {
  interface HistoryState {
    /** Units that the order ticket begins with. */
    ticketUnits?: number
  }
  interface Register {
    router: typeof router
  }
}
