import { Alert, type AlertProps } from "@mantine/core"
import { EyeOff } from "lucide-react"

interface Props {
  /** The label of the factor, of figures that were uploaded. */
  factorId: string | null | undefined
}

/** Says that the figures of a page are not rupees, where they are not. */
export function ScaledNote({ factorId }: Props) {
  if (!factorId) return null
  return (
    <Note>
      Your agent multiplied quantities and amounts by your secret factor ({factorId}). Prices, percentages and
      dates are real. Fixed charges and the yearly tax exemption are in rupees and do not fit: do not file by
      the tax report. Your agent's own pages show real figures.
    </Note>
  )
}

interface TradingProps extends Pick<AlertProps, "m" | "mb"> {
  shown: boolean
  some?: string | false
}

/**
 * The same of what the agent trades. some: the page has real figures too, of `what` it does not place; their sum means
 * nothing.
 */
export function ScaledTrading({ shown, some, ...space }: TradingProps) {
  if (!shown) return null
  return (
    <Note {...space}>
      Quantities and amounts of what your agent trades are counted in the scaled units of your account. Prices
      and percentages are real.
      {some && ` Figures of ${some} are rupees, without the sign here: sums over both mean nothing.`} Your
      agent's own pages show real figures.
    </Note>
  )
}

function Note({ children, ...space }: AlertProps) {
  return (
    <Alert
      color="gray"
      variant="light"
      icon={<EyeOff size={16} />}
      title="Scaled figures, not rupees"
      {...space}
    >
      {children}
    </Alert>
  )
}
