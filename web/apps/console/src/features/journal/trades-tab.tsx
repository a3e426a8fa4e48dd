import { Badge, Button, Group, SegmentedControl, Select, TextInput } from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { count, number, price as priceText, words } from "@tradertape/ui/format.ts"
import { Image, NotebookPen } from "lucide-react"
import { useState } from "react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { Loaded } from "@/components/states/loaded"
import type { Column } from "@/components/table/column"
import { columnsOf, figure } from "@/components/table/columns-of"
import { Pager } from "@/components/table/pager"
import { PlainTable } from "@/components/table/plain-table"
import type { Trip, TripFilters, TripSort } from "@/lib/queries/journal"
import { ROUTE, type TabProps } from "./tab-props"
import { TripDrawer } from "./trip-drawer"

const route = getRouteApi(ROUTE)

const STATES = [
  { value: "all", label: "All" },
  { value: "closed", label: "Closed" },
  { value: "open", label: "Open" },
]
const KINDS = [
  { value: "intraday", label: "Intraday" },
  { value: "delivery", label: "Delivery" },
  { value: "derivative", label: "Derivatives" },
]
const SIDES = [
  { value: "long", label: "Long" },
  { value: "short", label: "Short" },
]
const SORTS: { value: string; label: string; sort: TripSort; order: "asc" | "desc" }[] = [
  { value: "newest", label: "Newest first", sort: "opened_on", order: "desc" },
  { value: "oldest", label: "Oldest first", sort: "opened_on", order: "asc" },
  { value: "best", label: "Largest profit", sort: "net", order: "desc" },
  { value: "worst", label: "Largest loss", sort: "net", order: "asc" },
  { value: "return", label: "Highest return", sort: "return_pct", order: "desc" },
  { value: "longest", label: "Held longest", sort: "days", order: "desc" },
]

/** The trades by page; one that is chosen is written about. */
export function TradesTab({ queries }: TabProps) {
  const { trip } = route.useSearch()
  const navigate = route.useNavigate()
  const [state, setState] = useState<NonNullable<TripFilters["state"]>>("all")
  const [symbol, setSymbol] = useState("")
  const [setup, setSetup] = useState<string | null>(null)
  const [tag, setTag] = useState<string | null>(null)
  const [mistake, setMistake] = useState<string | null>(null)
  const [kind, setKind] = useState<string | null>(null)
  const [side, setSide] = useState<string | null>(null)
  const [since, setSince] = useState("")
  const [until, setUntil] = useState("")
  const [sorting, setSorting] = useState("newest")
  const [page, setPage] = useState(1)
  const [typed] = useDebouncedValue(symbol.trim(), 250)
  const { sort, order } = SORTS.find(({ value }) => value === sorting) ?? { sort: "opened_on", order: "desc" }
  const query = useQuery(
    queries.trips({
      state,
      symbol: typed || undefined,
      setup: setup ?? undefined,
      tag: tag ?? undefined,
      mistake: mistake ?? undefined,
      kind: (kind ?? undefined) as TripFilters["kind"],
      side: (side ?? undefined) as TripFilters["side"],
      // The other way round while the second one is being chosen: then the first one counts.
      since: since || undefined,
      until: until && until >= since ? until : undefined,
      sort,
      order,
      page,
    }),
  )
  const known = useQuery(queries.words)
  const choose = (key?: string) => void navigate({ search: (all) => ({ ...all, trip: key }), replace: true })
  /** Another choice begins with its first page. */
  function first<T>(set: (value: T) => void) {
    return (value: T) => {
      set(value)
      setPage(1)
    }
  }
  return (
    <>
      <Group gap="sm" my="sm">
        <TextInput
          size="xs"
          aria-label="Symbol"
          placeholder="Find by symbol"
          value={symbol}
          maxLength={80}
          onChange={(event) => first(setSymbol)(event.currentTarget.value)}
        />
        <SegmentedControl
          aria-label="Shown"
          data={STATES}
          value={state}
          onChange={(next) => first(setState)(next as typeof state)}
        />
        <Select
          aria-label="Setup"
          placeholder="Any setup"
          clearable
          allowDeselect
          data={known.data?.setups ?? []}
          value={setup}
          onChange={first(setSetup)}
        />
        <Select
          aria-label="Tag"
          placeholder="Any tag"
          clearable
          data={known.data?.tags ?? []}
          value={tag}
          onChange={first(setTag)}
        />
        <Select
          aria-label="Mistake"
          placeholder="Any mistake"
          clearable
          data={known.data?.mistakes ?? []}
          value={mistake}
          onChange={first(setMistake)}
        />
        <Select
          aria-label="Kind"
          placeholder="Any kind"
          clearable
          data={KINDS}
          value={kind}
          onChange={first(setKind)}
        />
        <Select
          aria-label="Side"
          placeholder="Long and short"
          clearable
          data={SIDES}
          value={side}
          onChange={first(setSide)}
        />
        <TextInput
          size="xs"
          type="date"
          aria-label="Opened since"
          value={since}
          onChange={(event) => first(setSince)(event.currentTarget.value)}
        />
        <TextInput
          size="xs"
          type="date"
          aria-label="Opened until"
          value={until}
          onChange={(event) => first(setUntil)(event.currentTarget.value)}
        />
        <Select
          aria-label="Order"
          data={SORTS.map(({ value, label }) => ({ value, label }))}
          value={sorting}
          onChange={(next) => first(setSorting)(next ?? "newest")}
        />
      </Group>
      <Loaded query={query} what="Your trades">
        {({ items, total }) => (
          <Section title={count(total, "trade")} note="Choose one to write about it." flush>
            {items.length === 0 ? (
              <EmptyState icon={<NotebookPen size={28} />} title="No trade is like this">
                Change what is shown above.
              </EmptyState>
            ) : (
              <div>
                <PlainTable
                  label="Trades"
                  rows={items}
                  columns={tripColumns(choose)}
                  rowKey={(row) => row.key}
                  minWidth={1080}
                />
                <Pager label="Trades" total={total} page={page} onPage={setPage} />
              </div>
            )}
          </Section>
        )}
      </Loaded>
      {trip && <TripDrawer tripKey={trip} words={known.data} onClose={() => choose()} />}
    </>
  )
}

function tripColumns(choose: (key: string) => void): Column<Trip>[] {
  const of = columnsOf<Trip>()
  return [
    {
      id: "symbol",
      header: "Trade",
      isText: true,
      value: (row) => row.symbol,
      cell: (row) => (
        <Group gap={6} wrap="nowrap">
          <Button variant="subtle" size="compact-xs" px={4} onClick={() => choose(row.key)}>
            {row.symbol}
          </Button>
          {row.is_short && <Badge color="gray">Short</Badge>}
        </Group>
      ),
    },
    of.text("kind", "Kind", (row) => words(row.kind)),
    of.day("opened", "Opened", (row) => row.opened_on),
    {
      ...of.day("closed", "Closed", (row) => row.closed_on),
      cell: (row) =>
        row.closed_on === null ? (
          <Badge color={row.has_expired ? "yellow" : undefined}>{row.has_expired ? "Expired" : "Open"}</Badge>
        ) : (
          of.day("", "", () => row.closed_on).cell(row)
        ),
    },
    of.quantity("quantity", "Quantity", (row) => row.quantity),
    price("entry", "Entry (₹)", (row) => row.entry_price),
    price("exit", "Exit (₹)", (row) => row.exit_price),
    of.gain("net", "Net (₹)", (row) => row.net),
    {
      id: "return",
      header: "Return",
      value: (row) => row.return_pct,
      cell: (row) => <Delta value={row.return_pct} decimals={2} />,
    },
    {
      id: "r",
      header: "R",
      value: (row) => row.r_multiple ?? null,
      cell: (row) => number(row.r_multiple, 2),
    },
    of.number("days", "Days", (row) => row.days),
    of.text("setup", "Setup", (row) => row.setup ?? ""),
    {
      id: "written",
      header: "Notes",
      isText: true,
      value: (row) => Number(Boolean(row.entry?.note)) + (row.screenshots ?? 0),
      cell: (row) => (
        <Group gap={4} wrap="nowrap">
          {row.entry?.note && <NotebookPen size={14} aria-label="Has a note" />}
          {!!row.screenshots && <Image size={14} aria-label={count(row.screenshots, "screenshot")} />}
        </Group>
      ),
    },
  ]
}

function price(id: string, header: string, read: (row: Trip) => string | null): Column<Trip> {
  return { id, header, value: (row) => figure(read(row)), cell: (row) => priceText(figure(read(row))) }
}
