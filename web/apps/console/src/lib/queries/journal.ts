import { keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query"
import { failureOf, unwrap, unwrapPage } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type {
  CellOut,
  DayOut,
  DiscoveryOut,
  EntryIn,
  FiguresOut,
  FindingOut,
  GroupOut,
  JournalStatusOut,
  ListTripsApiJournalTripsGetData,
  LostEntryOut,
  ScreenshotOut,
  StatisticsOut,
  TripOut,
  WordsOut,
} from "@tradertape/api/generated/types.gen.ts"
import { PAGE_ROWS } from "@/lib/pages"

export type Cell = CellOut
export type ClosedDay = DayOut
export type Discovery = DiscoveryOut
export type Entry = EntryIn
export type Figures = FiguresOut
export type Finding = FindingOut
export type Group = GroupOut
export type JournalStatus = JournalStatusOut
export type LostEntry = LostEntryOut
export type Screenshot = ScreenshotOut
export type Statistics = StatisticsOut
export type Trip = TripOut
export type Words = WordsOut
type TripQuery = NonNullable<ListTripsApiJournalTripsGetData["query"]>
export type TripSort = NonNullable<TripQuery["sort"]>
export type Money = NonNullable<TripQuery["money"]>
export type TripFilters = Pick<
  TripQuery,
  "state" | "symbol" | "setup" | "tag" | "mistake" | "side" | "kind" | "since" | "until"
>
export type Dimension = Statistics["by"]

export interface TripsAsked extends TripFilters {
  sort: TripSort
  order: "asc" | "desc"
  page: number
}

const isPending = (status?: JournalStatus): boolean =>
  status?.uploads === "reckoning" || status?.traded_here === "reading"

/** Whether there are trades, and how far they are read; asked again while a page is open. */
export const journalStatusQuery = queryOptions({
  queryKey: ["journal-status"],
  queryFn: ({ signal }) => unwrap(api.readJournalStatus({ signal })),
  staleTime: 0,
  refetchInterval: ({ state }) => (isPending(state.data) ? 1_000 : 15_000),
})

/** What is read of the journal. at: the version of the trades, so that other ones are read anew. */
export const journalQueries = (at: string, money: Money) => ({
  trips: ({ page, ...asked }: TripsAsked) =>
    queryOptions({
      queryKey: ["journal", at, money, "trips", asked, page],
      queryFn: ({ signal }) =>
        unwrapPage(
          api.listTrips({
            signal,
            query: { ...asked, money, limit: PAGE_ROWS, offset: (page - 1) * PAGE_ROWS },
          }),
        ),
      placeholderData: keepPreviousData,
    }),
  statistics: (by: Dimension) =>
    queryOptions({
      queryKey: ["journal", at, money, "statistics", by],
      queryFn: ({ signal }) => unwrap(api.readStatistics({ signal, query: { by, money } })),
      placeholderData: keepPreviousData,
    }),
  heatMap: queryOptions({
    queryKey: ["journal", at, money, "heatmap"],
    queryFn: ({ signal }) => unwrap(api.readHeatMap({ signal, query: { money } })),
  }),
  calendar: (year: number) =>
    queryOptions({
      queryKey: ["journal", at, money, "calendar", year],
      queryFn: ({ signal }) => unwrap(api.readCalendar({ signal, query: { year, money } })),
      placeholderData: keepPreviousData,
    }),
  discovery: queryOptions({
    queryKey: ["journal", at, money, "discovery"],
    queryFn: ({ signal }) => unwrap(api.readDiscovery({ signal, query: { money } })),
  }),
  lost: queryOptions({
    queryKey: ["journal", at, "lost"],
    queryFn: ({ signal }) => unwrap(api.listLostEntries({ signal })),
  }),
  words: queryOptions({
    queryKey: ["journal", at, "words"],
    queryFn: ({ signal }) => unwrap(api.readWords({ signal })),
  }),
})

export const tripQuery = (key: string) =>
  queryOptions({
    queryKey: ["journal", "trip", key],
    queryFn: ({ signal }) => unwrap(api.readTrip({ signal, path: { trip_key: key } })),
  })

/** A picture is the whole body: no form, no name. */
async function addScreenshot(key: string, file: File): Promise<Screenshot> {
  const response = await fetch(`/api/journal/trips/${key}/screenshots`, {
    method: "POST",
    body: file,
    headers: { "content-type": file.type || "application/octet-stream" },
  })
  const answer: unknown = await response.json().catch(() => ({}))
  if (!response.ok) throw failureOf(answer, response)
  return answer as Screenshot
}

export const journalCalls = {
  write: (key: string, body: Entry) => unwrap(api.writeEntry({ path: { trip_key: key }, body })),
  addScreenshot,
  deleteScreenshot: (id: number) => unwrap(api.deleteScreenshot({ path: { screenshot_id: id } })),
  deleteLost: (key: string) => unwrap(api.deleteLostEntry({ path: { trip_key: key } })),
}

export const refreshJournal = (client: QueryClient) => client.invalidateQueries({ queryKey: ["journal"] })

export const screenshotUrl = (id: number): string => `/api/journal/screenshots/${id}`
