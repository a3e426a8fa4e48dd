import { useQuery } from "@tanstack/react-query"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { date, folioName, price, quantity, words } from "@tradertape/ui/format.ts"
import { Landmark } from "lucide-react"
import { LinkButton } from "@/components/page/link-button"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { Loaded } from "@/components/states/loaded"
import type { Column } from "@/components/table/column"
import { columnsOf } from "@/components/table/columns-of"
import { DataTable } from "@/components/table/data-table"
import type { FundHolding } from "@/lib/queries/wealth"
import { FundClassSelect } from "./fund-class-select"
import type { TabProps } from "./tab-props"

const of = columnsOf<FundHolding>()
const COLUMNS: Column<FundHolding>[] = [
  of.text("scheme", "Fund", (row) => row.scheme),
  of.text(
    "class",
    "Class",
    (row) => words(row.fund_class),
    (row) => <FundClassSelect fund={row} />,
  ),
  of.text("folio", "Folio", (row) => folioName(row.folio)),
  {
    id: "units",
    header: "Units",
    value: (row) => Number(row.units),
    cell: (row) => quantity(row.units, 3),
  },
  {
    id: "nav",
    header: "NAV",
    value: (row) => Number(row.nav),
    cell: (row) => (row.nav === null ? "–" : price(row.nav, 4)),
  },
  of.text(
    "nav_on",
    "NAV of",
    (row) => row.nav_on ?? "",
    (row) => date(row.nav_on),
  ),
  of.amount("cost", "Cost", (row) => row.cost),
  of.amount("value", "Value", (row) => row.value),
  of.gain("unrealised", "Unrealised", (row) => row.unrealised),
  of.gain("realised", "Realised", (row) => row.realised),
  of.amount("payouts", "Payouts", (row) => row.payouts),
  {
    id: "xirr",
    header: "XIRR",
    value: (row) => row.xirr,
    cell: (row) => <Delta value={row.xirr === null ? null : row.xirr * 100} />,
  },
]

/** Mutual funds by folio, at the latest net asset value of the statements. */
export function FundsTab({ queries }: TabProps) {
  const query = useQuery(queries.funds)
  return (
    <Loaded query={query} what="The funds">
      {(funds) =>
        funds.length > 0 ? (
          <Section title="Mutual funds" note="At the latest net asset value your statements have" flush>
            <DataTable
              label="Mutual funds"
              rows={funds}
              columns={COLUMNS}
              rowKey={(row) => `${row.folio} ${row.scheme} ${row.isin}`}
              sortedBy={[{ id: "value", desc: true }]}
              minWidth={1320}
            />
          </Section>
        ) : (
          <EmptyState
            icon={<Landmark size={30} />}
            title="No mutual funds"
            action={<LinkButton to="/uploads">Upload an account statement</LinkButton>}
          >
            Ask CAMS or KFintech for a detailed consolidated account statement, and upload the PDF as “Account
            statement”.
          </EmptyState>
        )
      }
    </Loaded>
  )
}
