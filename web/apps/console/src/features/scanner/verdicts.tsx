import { Button, Skeleton } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { count } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { reasonText } from "@/components/models/words"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { verdictsQuery } from "@/lib/queries/models"
import classes from "./scanner.module.css"
import { orderOf } from "./verdict-order"

interface Props {
  portfolio: number
  day: string
  symbol: string | undefined
  onPick: (symbol: string) => void
}

const SHOWN = 24

/** Every stock of the universe under its reason; choose one to see its rules and other days. */
export function Verdicts({ portfolio, day, symbol, onPick }: Props) {
  const { data, error, isPending, refetch } = useQuery(verdictsQuery(portfolio, day))
  if (isPending) return <Skeleton height={220} />
  if (error) return <ErrorState error={error} what="The verdicts" retry={() => void refetch()} />
  return (
    <Section title="Every stock, by its reason" note="Choose one to see its rules and its other days" flush>
      <div className={classes.groups}>
        {orderOf(data.verdicts).map(([reason, symbols]) => (
          <Group key={reason} reason={reason} symbols={symbols} current={symbol} onPick={onPick} />
        ))}
      </div>
    </Section>
  )
}

interface GroupProps {
  reason: string
  symbols: string[]
  current: string | undefined
  onPick: (symbol: string) => void
}

function Group({ reason, symbols, current, onPick }: GroupProps) {
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? symbols : symbols.slice(0, SHOWN)
  return (
    <div>
      <h3>
        {reasonText(reason)}: {count(symbols.length, "stock")}
      </h3>
      <div className={classes.symbols}>
        {shown.map((one) => (
          <button
            key={one}
            type="button"
            className={classes.symbol}
            data-current={one === current || undefined}
            onClick={() => onPick(one)}
          >
            {one}
          </button>
        ))}
        {shown.length < symbols.length && (
          <Button size="compact-xs" variant="subtle" onClick={() => setWhole(true)}>
            {symbols.length - shown.length} more
          </Button>
        )}
      </div>
    </div>
  )
}
