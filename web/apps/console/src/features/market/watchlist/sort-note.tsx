import { Button } from "@mantine/core"
import type { SortBy, Sorting } from "./ordering"
import classes from "./watchlist.module.css"

const NAMES: Record<SortBy, string> = {
  name: "name",
  last: "last price",
  percent: "change",
  volume: "volume",
}

interface Props {
  sorting: Sorting
  error: Error | null
  onStop: () => void
  onKeep: () => void
}

/** Shows the current sorting, with buttons to discard or keep it. */
export function SortNote({ sorting, error, onStop, onKeep }: Props) {
  const { by, isDescending } = sorting
  const direction =
    by === "name" ? (isDescending ? "Z to A" : "A to Z") : isDescending ? "largest first" : "smallest first"
  return (
    <div className={classes.sorted} role="status">
      <span>
        By {NAMES[by]}, {direction}
        {error
          ? "; could not be updated."
          : by !== "name"
            ? ", updated with prices while the pointer is outside the rows."
            : "."}
      </span>
      <Button size="compact-xs" variant="subtle" onClick={onStop}>
        Back to your order
      </Button>
      <Button size="compact-xs" variant="subtle" onClick={onKeep}>
        Keep this order
      </Button>
    </div>
  )
}
