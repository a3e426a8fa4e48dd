import { Button } from "@mantine/core"
import type { ReactNode } from "react"
import type { Money } from "@/lib/queries/journal"

/** All trades with what was written about them, as a file. */
export function ExportButton({ icon, money }: { icon: ReactNode; money: Money }) {
  return (
    <Button
      component="a"
      href={`/api/journal/export?money=${money}`}
      download
      variant="default"
      leftSection={icon}
    >
      CSV
    </Button>
  )
}
