import { Box, Text } from "@mantine/core"
import type { FundHolding } from "@tradertape/api/generated/types.gen.ts"
import { money, number, quantity, unitPrice } from "@tradertape/ui/format.ts"
import type { Column } from "@/components/table/column"
import { PlainTable } from "@/components/table/plain-table"
import type { UploadedFile } from "@/lib/queries/uploads"

const KINDS: Record<string, string> = { share: "Share", fund: "Fund", bond: "Bond", pension: "Pension" }

const COLUMNS: Column<FundHolding>[] = [
  { id: "name", header: "Name", isText: true, value: (one) => one.scheme, cell: (one) => one.scheme },
  { id: "isin", header: "ISIN", isText: true, value: (one) => one.isin, cell: (one) => one.isin || "—" },
  {
    id: "kind",
    header: "Kind",
    isText: true,
    value: (one) => one.kind ?? "",
    cell: (one) => KINDS[one.kind ?? ""] ?? "—",
  },
  {
    id: "account",
    header: "Account",
    isText: true,
    value: (one) => one.account,
    cell: (one) => one.account,
  },
  {
    id: "units",
    header: "Quantity",
    value: (one) => one.units,
    cell: (one) => quantity(one.units, one.kind === "fund" || one.kind === "pension" ? 3 : 0),
  },
  { id: "price", header: "Price", value: (one) => one.nav, cell: (one) => unitPrice(one.nav) },
  { id: "value", header: "Value", value: (one) => one.value, cell: (one) => money(one.value) },
]

/** What the statement of a depository lists; nothing for other files. */
export function ListedHoldings({ file }: { file: UploadedFile }) {
  const holdings = file.holdings ?? []
  if (holdings.length === 0) return null
  return (
    <Box component="details">
      <Text component="summary" size="sm" style={{ cursor: "pointer" }}>
        {number(holdings.length)} holdings listed
      </Text>
      <PlainTable
        label={`Holdings in ${file.name}`}
        rows={holdings.map((one, place) => ({ ...one, place }))}
        columns={COLUMNS}
        rowKey={(one) => String((one as FundHolding & { place: number }).place)}
        minWidth={880}
      />
    </Box>
  )
}
