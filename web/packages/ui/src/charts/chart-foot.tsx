import { SegmentedControl } from "@mantine/core"
import { date } from "../format.ts"
import { ChartCredit } from "./chart-credit.tsx"
import classes from "./charts.module.css"
import type { Range } from "./range.ts"

interface Props {
  view: { range: Range; from: string; to: string }
  ranges: readonly Range[]
  onRange: (range: Range) => void
}

/** The range of a chart in buttons and in words, and the credit of its library. */
export function ChartFoot({ view, ranges, onRange }: Props) {
  return (
    <div className={classes.foot}>
      {ranges.length > 1 && (
        <SegmentedControl
          aria-label="Range"
          value={view.range.label}
          onChange={(label) => {
            const range = ranges.find((one) => one.label === label)
            if (range) onRange(range)
          }}
          data={ranges.map(({ label }) => label)}
        />
      )}
      {view.from && (
        <span className={classes.shown}>
          {date(view.from)} to {date(view.to)}
        </span>
      )}
      <ChartCredit />
    </div>
  )
}
