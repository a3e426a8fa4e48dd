import { Alert, Stack } from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { useQuery } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Exact } from "@tradertape/ui/components/masked.tsx"
import { CircleAlert, TriangleAlert } from "lucide-react"
import { type Preview, previewQuery, type Ticket } from "@/lib/queries/trading"
import classes from "../trading.module.css"

const WAIT_MS = 250
const NO_TICKET: Ticket = { instrument: "", transaction_type: "BUY", quantity: 1 }

/** The preview of a complete ticket. */
export function useTicketPreview(ticket: Ticket | null) {
  const text = ticket && JSON.stringify(ticket)
  const [asked] = useDebouncedValue(text, WAIT_MS)
  const found = useQuery({
    ...previewQuery(asked ? (JSON.parse(asked) as Ticket) : NO_TICKET),
    enabled: asked !== null,
    placeholderData: (last) => last,
  })
  return { data: found.data, error: found.error, isOld: found.isPlaceholderData || asked !== text }
}

/** Margin, charges and what the risk checks say. */
export function PreviewFigures({ preview, isOld }: { preview: Preview | undefined; isOld: boolean }) {
  return (
    <Stack gap={8} aria-live="polite" aria-busy={isOld} className={isOld ? classes.isOld : undefined}>
      <dl className={classes.figures} aria-label="Preview">
        <Exact>
          <Figure label="Order value" value={preview?.value} />
          <Figure label="Margin needed" value={preview?.margin_required} />
          <Figure label="Charges" value={preview?.charges.total} />
        </Exact>
        <Figure label="Available" value={preview?.available} />
      </dl>
      {preview?.warnings.map(({ code, message, severity }) => (
        <Alert
          key={`${code} ${message}`}
          color={severity === "error" ? "red" : "yellow"}
          variant="light"
          p="xs"
          icon={severity === "error" ? <CircleAlert size={16} /> : <TriangleAlert size={16} />}
        >
          {message}
        </Alert>
      ))}
    </Stack>
  )
}

function Figure({ label, value }: { label: string; value: number | null | undefined }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <Amount value={value} />
      </dd>
    </div>
  )
}
