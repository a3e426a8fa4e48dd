import { Button } from "@mantine/core"
import type { ReactNode } from "react"

/** All trades with what was written about them, as a file. */
export function ExportButton({ icon }: { icon: ReactNode }) {
  return (
    <Button component="a" href="/api/journal/export" download variant="default" leftSection={icon}>
      CSV
    </Button>
  )
}
