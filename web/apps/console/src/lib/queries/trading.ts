import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type {
  ChangeIn,
  ConvertIn,
  ExitPositionsIn,
  FundsOut,
  HandOrderOut,
  HandPositionOut,
  PreferredOut,
  PreviewOut,
  TicketAccountOut,
  TicketIn,
} from "@tradertape/api/generated/types.gen.ts"
import { once } from "@tradertape/api/once.ts"

export type Ticket = TicketIn
export type TicketChange = ChangeIn
export type Preview = PreviewOut
export type TradingAccount = TicketAccountOut
export type PreferredAccounts = PreferredOut
export type TradingFunds = FundsOut
export type TradingOrder = HandOrderOut
export type TradingPosition = HandPositionOut

const AGAIN_MS = 15_000

export const tradingAccountsQuery = queryOptions({
  queryKey: ["trading", "accounts"],
  queryFn: ({ signal }) => unwrap(api.listTradingAccounts({ signal })),
  refetchInterval: AGAIN_MS,
})

/** The accounts that a new order begins with, by segment. */
export const preferredAccountsQuery = queryOptions({
  queryKey: ["trading", "preferred-accounts"],
  queryFn: ({ signal }) => unwrap(api.readPreferredAccounts({ signal })),
  staleTime: 60_000,
})

/** Orders of all accounts, newest first. */
export const tradingOrdersQuery = (open: boolean, limit: number) =>
  queryOptions({
    queryKey: ["trading", "orders", open ? "open" : "all", limit],
    queryFn: ({ signal }) => unwrap(api.listTradingOrders({ signal, query: { open, limit } })),
    refetchInterval: AGAIN_MS,
  })

export const tradingPositionsQuery = queryOptions({
  queryKey: ["trading", "positions"],
  queryFn: ({ signal }) => unwrap(api.listTradingPositions({ signal })),
  refetchInterval: AGAIN_MS,
})

/** What an order would need and cost; asked again while the ticket is open, as prices move. */
export const previewQuery = (ticket: Ticket) =>
  queryOptions({
    queryKey: ["trading", "preview", ticket],
    queryFn: ({ signal }) => unwrap(api.previewTicket({ signal, body: ticket })),
    refetchInterval: 5_000,
    gcTime: 10_000,
    retry: false,
  })

/** What an exit would close and cancel. */
export const exitPlanQuery = (wanted: ExitPositionsIn) =>
  queryOptions({
    queryKey: ["trading", "exit", wanted],
    queryFn: () =>
      once({ plan: wanted, at: Date.now() }, (headers) =>
        unwrap(api.exitPositions({ body: { ...wanted, dry_run: true }, headers })),
      ),
    gcTime: 0,
    staleTime: 0,
  })

export const tradingCalls = {
  prefer: (body: PreferredAccounts) => unwrap(api.savePreferredAccounts({ body })),
  place: (body: Ticket) => once({ place: body }, (headers) => unwrap(api.placeTicket({ body, headers }))),
  change: (id: string, body: TicketChange) =>
    once({ change: id, body }, (headers) =>
      unwrap(api.changeTicket({ path: { order_id: id }, body, headers })),
    ),
  cancel: (id: string) =>
    once({ cancel: id }, (headers) => unwrap(api.cancelTicket({ path: { order_id: id }, headers }))),
  /** A person's word that an order in doubt was never placed. */
  settle: (id: string) =>
    unwrap(api.settleOrder({ path: { order_id: id }, body: { confirm: "NEVER PLACED" } })),
  exit: (body: ExitPositionsIn) =>
    once({ exit: body }, (headers) => unwrap(api.exitPositions({ body, headers }))),
  convert: (body: ConvertIn) =>
    once({ convert: body }, (headers) => unwrap(api.convertPosition({ body, headers }))),
}
