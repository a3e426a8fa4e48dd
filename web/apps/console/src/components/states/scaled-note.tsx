import { Alert } from "@mantine/core"
import { EyeOff } from "lucide-react"

/** Says that the figures of a page are not rupees, where they are not. */
export function ScaledNote({ factorId }: { factorId: string | null | undefined }) {
  if (!factorId) return null
  return (
    <Alert color="gray" variant="light" icon={<EyeOff size={16} />} title="Scaled figures, not rupees">
      Your agent multiplied quantities and amounts by your secret factor ({factorId}). Prices, percentages and
      dates are real. Fixed charges and the yearly tax exemption are in rupees and do not fit: do not file by
      the tax report. Your agent's own pages show real figures.
    </Alert>
  )
}
