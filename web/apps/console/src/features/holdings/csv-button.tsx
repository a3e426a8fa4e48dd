import { Button } from "@mantine/core"
import { downloadCsv } from "@tradertape/ui/charts/download.ts"
import { Download } from "lucide-react"

/** Downloads the rows that are shown. */
export function CsvButton({ file, rows }: { file: string; rows: readonly object[] }) {
  return (
    <Button
      variant="default"
      size="compact-xs"
      leftSection={<Download size={13} />}
      disabled={rows.length === 0}
      onClick={() => downloadCsv(`${file}.csv`, rows.map(flat))}
    >
      CSV
    </Button>
  )
}

type Cell = string | number | boolean | null | undefined

const flat = (row: object): Record<string, Cell> =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => typeof value !== "object" || value === null))
