import { keepPreviousData, queryOptions } from "@tanstack/react-query"
import { unwrap, unwrapPage } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type {
  BookStatusOut,
  CashOut,
  DividendOut,
  FundClassIn,
  FundOut,
  LotOut,
  MatchOut,
  OpenContractOut,
  QualityOut,
  ReadRealisedApiWealthRealisedGetData,
  SettlementOut,
  TaxOut,
  UnmatchedOut,
  WealthHoldingOut,
} from "@tradertape/api/generated/types.gen.ts"
import { PAGE_ROWS } from "@/lib/pages"

export type BookStatus = BookStatusOut
export type Contract = OpenContractOut
export type Dividend = DividendOut
export type FundHolding = FundOut
export type LedgerBook = CashOut
export type Lot = LotOut
export type Pair = MatchOut
export type Quality = QualityOut
export type Settlement = SettlementOut
export type Share = WealthHoldingOut
export type TaxReport = TaxOut
export type Unmatched = UnmatchedOut
export type PairSort = NonNullable<NonNullable<ReadRealisedApiWealthRealisedGetData["query"]>["sort"]>

/** Whether the book is of the files as they are now; asked again while it is being reckoned. */
export const bookQuery = queryOptions({
  queryKey: ["wealth-book"],
  queryFn: ({ signal }) => unwrap(api.readBookStatus({ signal })),
  staleTime: 0,
  refetchInterval: ({ state }) =>
    state.data?.state === "reckoning" || state.data?.state === "old" ? 1_000 : 30_000,
})

export type FundClassName = NonNullable<FundClassIn["fund_class"]>

/** Sets the class of a fund; null guesses it from its name again. */
export const setFundClass = (instrument: string, name: FundClassName | null) =>
  unwrap(api.setFundClass({ body: { instrument, fund_class: name } }))

/** States what a contract was worth when it expired, in rupees a unit; null takes it back. */
export const setSettlement = (symbol: string, price: number | null) =>
  unwrap(api.setSettlement({ body: { symbol, price } }))

export interface PairsAsked {
  fy: string | undefined
  sort: PairSort
  order: "asc" | "desc"
  page: number
}

/** What is read of a book. at: when it was reckoned, so that another book is read anew. */
export const wealthQueries = (at: string) => ({
  summary: queryOptions({
    queryKey: ["wealth", at, "summary"],
    queryFn: ({ signal }) => unwrap(api.readSummary({ signal })),
    placeholderData: keepPreviousData,
  }),
  netWorth: queryOptions({
    queryKey: ["wealth", at, "networth"],
    queryFn: ({ signal }) => unwrap(api.readNetWorth({ signal, query: { points: 1000 } })),
    placeholderData: keepPreviousData,
  }),
  holdings: queryOptions({
    queryKey: ["wealth", at, "holdings"],
    queryFn: ({ signal }) => unwrap(api.readWealthHoldings({ signal })),
    placeholderData: keepPreviousData,
  }),
  lots: (instrument: string, page: number) =>
    queryOptions({
      queryKey: ["wealth", at, "lots", instrument, page],
      queryFn: ({ signal }) =>
        unwrapPage(
          api.listLots({
            signal,
            query: { instrument, limit: PAGE_ROWS, offset: (page - 1) * PAGE_ROWS },
          }),
        ),
      placeholderData: keepPreviousData,
    }),
  unmatched: (page: number) =>
    queryOptions({
      queryKey: ["wealth", at, "unmatched", page],
      queryFn: ({ signal }) =>
        unwrapPage(
          api.listUnmatched({ signal, query: { limit: PAGE_ROWS, offset: (page - 1) * PAGE_ROWS } }),
        ),
      placeholderData: keepPreviousData,
    }),
  contracts: (page: number) =>
    queryOptions({
      queryKey: ["wealth", at, "contracts", page],
      queryFn: ({ signal }) =>
        unwrapPage(
          api.listOpenContracts({ signal, query: { limit: PAGE_ROWS, offset: (page - 1) * PAGE_ROWS } }),
        ),
      placeholderData: keepPreviousData,
    }),
  settlements: (page: number) =>
    queryOptions({
      queryKey: ["wealth", at, "settlements", page],
      queryFn: ({ signal }) =>
        unwrapPage(
          api.listSettlements({ signal, query: { limit: PAGE_ROWS, offset: (page - 1) * PAGE_ROWS } }),
        ),
      placeholderData: keepPreviousData,
    }),
  funds: queryOptions({
    queryKey: ["wealth", at, "funds"],
    queryFn: ({ signal }) => unwrap(api.listFunds({ signal })),
    placeholderData: keepPreviousData,
  }),
  realised: ({ fy, sort, order, page }: PairsAsked) =>
    queryOptions({
      queryKey: ["wealth", at, "realised", fy, sort, order, page],
      queryFn: ({ signal }) =>
        unwrap(
          api.readRealised({
            signal,
            query: { fy, sort, order, limit: PAGE_ROWS, offset: (page - 1) * PAGE_ROWS },
          }),
        ),
      placeholderData: keepPreviousData,
    }),
  dividends: (page: number) =>
    queryOptions({
      queryKey: ["wealth", at, "dividends", page],
      queryFn: ({ signal }) =>
        unwrap(api.readDividends({ signal, query: { limit: PAGE_ROWS, offset: (page - 1) * PAGE_ROWS } })),
      placeholderData: keepPreviousData,
    }),
  tax: (fy: string | undefined) =>
    queryOptions({
      queryKey: ["wealth", at, "tax", fy],
      queryFn: ({ signal }) => unwrap(api.readTax({ signal, query: { fy } })),
      placeholderData: keepPreviousData,
    }),
  ledgers: queryOptions({
    queryKey: ["wealth", at, "ledgers"],
    queryFn: ({ signal }) => unwrap(api.readWealthReconciliation({ signal })),
    placeholderData: keepPreviousData,
  }),
  quality: queryOptions({
    queryKey: ["wealth", at, "quality"],
    queryFn: ({ signal }) => unwrap(api.readImportQuality({ signal })),
    placeholderData: keepPreviousData,
  }),
})
