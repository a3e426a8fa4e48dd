import { Badge } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { count, words } from "@tradertape/ui/format.ts"
import { ArrowLeftRight } from "lucide-react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { Loaded } from "@/components/states/loaded"
import type { Column } from "@/components/table/column"
import { columnsOf, figure } from "@/components/table/columns-of"
import { Pager } from "@/components/table/pager"
import { PlainTable } from "@/components/table/plain-table"
import type { Pair, PairSort } from "@/lib/queries/wealth"
import { ROUTE, type TabProps } from "./tab-props"
import classes from "./wealth.module.css"
import { YearSelect } from "./year-select"

const route = getRouteApi(ROUTE)

/** Pairs of purchase and sale of a financial year, by page; the server sorts them. */
export function RealisedTab({ queries }: TabProps) {
  const { fy, page = 1, sort = "closed_on", order = "desc" } = route.useSearch()
  const navigate = route.useNavigate()
  const choose = (next: { fy?: string; page?: number; sort?: PairSort; order?: "asc" | "desc" }) =>
    void navigate({
      search: { tab: "realised", fy, sort, order, ...next },
      replace: true,
      resetScroll: false,
    })
  const query = useQuery(queries.realised({ fy, sort, order, page }))
  const sortBy = (by: PairSort) =>
    choose({ sort: by, order: by === sort && order === "desc" ? "asc" : "desc" })
  return (
    <Loaded query={query} what="The realised profit">
      {(year) =>
        year.years.length === 0 ? (
          <EmptyState icon={<ArrowLeftRight size={28} />} title="Nothing realised yet">
            A purchase and the sale that closed it appear here as a pair.
          </EmptyState>
        ) : (
          <>
            <dl className={classes.stats} aria-label="Totals">
              <Stat
                big
                label="Profit"
                value={<Delta kind="money" decimals={2} value={figure(year.profit)} />}
              />
              <Stat label="Charges" value={<Amount value={year.charges} />} />
              {Object.entries(year.by_kind).map(([kind, profit]) => (
                <Stat
                  key={kind}
                  label={words(kind)}
                  value={<Delta kind="money" decimals={2} value={figure(profit)} />}
                />
              ))}
            </dl>
            <Section
              title={count(year.total, "pair")}
              flush
              action={
                <YearSelect
                  years={year.years}
                  value={fy ?? null}
                  all="All years"
                  onChange={(next) => choose({ fy: next })}
                />
              }
            >
              <PlainTable
                label="Pairs"
                rows={year.items.map((one, place) => ({ ...one, place }))}
                columns={pairColumns(sort, order, sortBy)}
                rowKey={(row) => String(row.place)}
                minWidth={980}
              />
              <Pager label="Pairs" total={year.total} page={page} onPage={(next) => choose({ page: next })} />
            </Section>
          </>
        )
      }
    </Loaded>
  )
}

type Row = Pair & { place: number }

function pairColumns(sort: PairSort, order: "asc" | "desc", onSort: (by: PairSort) => void): Column<Row>[] {
  const of = columnsOf<Row>()
  const by = (id: PairSort, label: string) => (
    <button
      type="button"
      className={classes.sorting}
      aria-label={`Sort by ${label}`}
      onClick={() => onSort(id)}
    >
      {label} {sort === id && <span aria-hidden>{order === "desc" ? "↓" : "↑"}</span>}
    </button>
  )
  return [
    {
      id: "symbol",
      header: by("symbol", "Symbol"),
      isText: true,
      value: (row) => row.symbol,
      cell: (row) => (
        <>
          {row.symbol} {row.is_bonus && <Badge>Bonus</Badge>}
        </>
      ),
    },
    of.text("kind", "Kind", (row) => words(row.kind)),
    of.day("bought", "Bought", (row) => row.bought_on),
    of.day("sold", by("closed_on", "Sold"), (row) => row.sold_on),
    of.number("days", by("days", "Days"), (row) => row.days),
    of.quantity("quantity", "Quantity", (row) => row.quantity),
    of.amount("cost", "Cost", (row) => row.cost),
    of.amount("proceeds", by("proceeds", "Proceeds"), (row) => row.proceeds),
    of.amount("charges", "Charges", (row) => row.charges),
    of.gain("profit", by("profit", "Profit"), (row) => row.profit),
  ]
}
