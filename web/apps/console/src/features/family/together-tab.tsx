import { Alert, Badge, MultiSelect, SegmentedControl, Stack, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { instant, percent, quantity, words } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { Section } from "@/components/page/section"
import { Loaded } from "@/components/states/loaded"
import type { Column } from "@/components/table/column"
import { columnsOf, figure } from "@/components/table/columns-of"
import { DataTable } from "@/components/table/data-table"
import { PlainTable } from "@/components/table/plain-table"
import {
  type AllocationPart,
  type FamilyFund,
  type FamilyGroup,
  type FamilyHolding,
  type FamilyPosition,
  type MemberTotals,
  type Together,
  togetherQuery,
} from "@/lib/queries/family"
import classes from "./family.module.css"

type Who = "all" | "me" | "some"

const WHO = [
  { value: "all", label: "All" },
  { value: "some", label: "Chosen" },
  { value: "me", label: "Only me" },
]

const share = (value: string | null): string => percent(figure(value), 1)

/** The consolidated view of a group: all members, some, or oneself. */
export function TogetherTab({ group }: { group: FamilyGroup }) {
  const [who, setWho] = useState<Who>("all")
  const [some, setSome] = useState<string[]>([])
  const me = group.members.find(({ is_you }) => is_you)?.user_id
  const members = who === "me" && me !== undefined ? [me] : who === "some" ? some.map(Number) : []
  const query = useQuery(togetherQuery(group.id, members))
  return (
    <Stack gap="md" mt="md">
      {group.my_role === "member" ? (
        <Text size="sm">
          As a member you see your own figures here, and the others see what you share. The owner can make you
          an admin, who sees what all share.
        </Text>
      ) : (
        <div className={classes.switcher}>
          <SegmentedControl
            aria-label="Whose wealth"
            data={WHO}
            value={who}
            onChange={(next) => setWho(next as Who)}
          />
          {who === "some" && (
            <MultiSelect
              size="xs"
              aria-label="Members"
              placeholder={some.length === 0 ? "Choose members" : undefined}
              data={group.members.map(({ user_id, display_name }) => ({
                value: String(user_id),
                label: display_name,
              }))}
              value={some}
              onChange={setSome}
            />
          )}
        </div>
      )}
      <Loaded query={query} what="The family's wealth">
        {(found) => <Found found={found} />}
      </Loaded>
    </Stack>
  )
}

function Found({ found }: { found: Together }) {
  const { totals } = found
  const names = new Map(found.members.map(({ user_id, display_name }) => [user_id, display_name]))
  return (
    <>
      {found.warnings.map((text) => (
        <Alert key={text} color="yellow" variant="light">
          {text}
        </Alert>
      ))}
      <Section title="Totals" note={`Of those who share amounts in full. As of ${instant(found.as_of)}`}>
        <dl className={classes.stats} aria-label="Totals of the family">
          <Stat big label="Net worth" value={<Amount value={figure(totals.net_worth)} decimals={0} />} />
          <Stat label="Shares" value={<Amount value={figure(totals.equity)} decimals={0} />} />
          <Stat label="Mutual funds" value={<Amount value={figure(totals.mutual_funds)} decimals={0} />} />
          <Stat label="Cash" value={<Amount value={figure(totals.cash)} decimals={0} />} />
          <Stat label="Unrealised" value={<Delta kind="money" value={figure(totals.unrealised_pnl)} />} />
          <Stat
            label="Today"
            value={<Delta kind="money" value={figure(totals.day_pnl)} />}
            note={totals.day_pnl_pct === null ? undefined : share(totals.day_pnl_pct)}
          />
          {totals.xirr_pct !== null && <Stat label="XIRR" value={share(totals.xirr_pct)} />}
        </dl>
      </Section>
      <Section title="Members" flush>
        <PlainTable
          label="Members"
          rows={found.members}
          columns={MEMBERS}
          rowKey={(row) => String(row.user_id)}
          minWidth={680}
        />
      </Section>
      <Spread title="By kind" parts={found.allocation.by_asset} />
      {found.holdings.length > 0 && (
        <Section title="Shares" note="Of all members together" flush>
          <DataTable
            label="Shares of the family"
            rows={found.holdings}
            columns={holdingColumns(names)}
            rowKey={(row) => row.isin || row.symbol}
            minWidth={980}
            maxHeight={520}
          />
        </Section>
      )}
      {found.mutual_funds.length > 0 && (
        <Section title="Mutual funds" flush>
          <PlainTable
            label="Mutual funds of the family"
            rows={found.mutual_funds}
            columns={FUNDS}
            rowKey={(row) => row.isin || row.scheme}
            minWidth={720}
          />
        </Section>
      )}
      {found.positions.length > 0 && (
        <Section title="Positions" flush>
          <PlainTable
            label="Positions of the family"
            rows={found.positions}
            columns={positionColumns(names)}
            rowKey={(row) => `${row.user_id} ${row.broker} ${row.symbol} ${row.product}`}
            minWidth={720}
          />
        </Section>
      )}
      <Spread title="By sector" parts={found.allocation.by_sector} />
      <Spread title="By broker" parts={found.allocation.by_broker} />
    </>
  )
}

/** Sectors are names already ("IT", "FMCG"); brokers and kinds are codes. */
const shownName = (name: string) => (/[A-Z]/.test(name) ? name : words(name))

/** How the rupees that are shared in full are spread. */
function Spread({ title, parts }: { title: string; parts: AllocationPart[] }) {
  if (parts.length === 0) return null
  return (
    <Section title={title}>
      <ul className={classes.spread}>
        {parts.map((one) => (
          <li key={one.name}>
            <span>{shownName(one.name)}</span>
            <span className={classes.bar} aria-hidden>
              <span style={{ width: `${Math.min(100, Math.max(0, Number(one.pct)))}%` }} />
            </span>
            <span>{share(one.pct)}</span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

const AMOUNTS = { full: "In full", percent: "Percentages", hidden: "Nothing" } as const
const members = columnsOf<MemberTotals>()

const MEMBERS: Column<MemberTotals>[] = [
  members.text(
    "name",
    "Member",
    (row) => row.display_name,
    (row) => (
      <>
        {row.display_name} {row.stale && <Badge color="yellow">Old data</Badge>}{" "}
        {row.obfuscated && <Badge color="gray">Scaled</Badge>}
      </>
    ),
  ),
  members.text("shares", "Shares", (row) => AMOUNTS[row.amounts]),
  members.amount("worth", "Net worth", (row) => row.net_worth),
  members.gain("day", "Today", (row) => row.day_pnl),
  {
    id: "day_pct",
    header: "Today",
    value: (row) => figure(row.day_pnl_pct),
    cell: (row) => <Delta value={figure(row.day_pnl_pct)} decimals={2} />,
  },
  {
    id: "share",
    header: "Of the family",
    value: (row) => figure(row.share_pct),
    cell: (row) => share(row.share_pct),
  },
  members.text("sources", "Figures from", (row) => row.sources.map(sourceText).join("; ")),
]

const SOURCES = { broker: "the broker", agent: "the agent", upload: "uploads" } as const

function sourceText({ broker, account, source, instead_of }: MemberTotals["sources"][number]): string {
  const place = broker ? `${[words(broker), account].filter(Boolean).join(" ")}: ` : ""
  const others = instead_of.map((one) => SOURCES[one]).join(" and ")
  return `${place}${SOURCES[source]}${others && `, not ${others}`}`
}

function holdingColumns(names: ReadonlyMap<number, string>): Column<FamilyHolding>[] {
  const of = columnsOf<FamilyHolding>()
  return [
    of.text("symbol", "Share", (row) => row.symbol),
    of.quantity("quantity", "Quantity", (row) => row.quantity),
    of.price("average", "Average", (row) => row.average_price),
    of.number("ltp", "Price (₹)", (row) => row.ltp),
    of.amount("value", "Value", (row) => row.value),
    of.gain("pnl", "Profit", (row) => row.pnl),
    of.gain("day", "Today", (row) => row.day_pnl),
    {
      id: "weight",
      header: "Weight",
      value: (row) => figure(row.weight_pct),
      cell: (row) => share(row.weight_pct),
    },
    of.text("who", "Held by", (row) =>
      row.by_member
        .map((one) => {
          const own = one.value === null ? `, ${share(one.weight_pct)} of own` : ""
          return `${names.get(one.user_id) ?? "a member"}${own}`
        })
        .join("; "),
    ),
  ]
}

const funds = columnsOf<FamilyFund>()

const FUNDS: Column<FamilyFund>[] = [
  funds.text("scheme", "Fund", (row) => row.scheme),
  funds.quantity("units", "Units", (row) => row.units),
  funds.number("nav", "NAV (₹)", (row) => row.nav),
  funds.amount("value", "Value", (row) => row.value),
  {
    id: "weight",
    header: "Weight",
    value: (row) => figure(row.weight_pct),
    cell: (row) => share(row.weight_pct),
  },
]

function positionColumns(names: ReadonlyMap<number, string>): Column<FamilyPosition>[] {
  const of = columnsOf<FamilyPosition>()
  return [
    of.text("who", "Member", (row) => names.get(row.user_id) ?? ""),
    of.text("symbol", "Instrument", (row) => row.symbol),
    of.text("product", "Product", (row) => row.product),
    {
      id: "quantity",
      header: "Quantity",
      value: (row) => row.quantity,
      cell: (row) => quantity(row.quantity),
    },
    of.number("average", "Average (₹)", (row) => row.average_price),
    of.number("ltp", "Last (₹)", (row) => row.ltp),
    of.gain("pnl", "P&L", (row) => row.pnl),
  ]
}
