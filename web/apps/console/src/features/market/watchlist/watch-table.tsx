import { useVirtualizer } from "@tanstack/react-virtual"
import { useRef } from "react"
import { ScrollRegion } from "@/components/page/scroll-region"
import type { Watched } from "@/lib/queries/watchlists"
import type { SortBy, Sorting } from "./ordering"
import { type LineActions, WatchLine } from "./watch-line"
import classes from "./watchlist.module.css"

const ROW_PX = 44
const HEIGHT_PX = 640

interface Props extends LineActions {
  name: string
  rows: readonly Watched[]
  sorting: Sorting | null
  onSort: (by: SortBy) => void
  /** Called when the pointer or the focus enters or leaves the rows. */
  onRead: (isRead: boolean) => void
}

/** A live watch list. Rows out of view are neither rendered nor subscribed. */
export function WatchTable({ name, rows, sorting, onSort, onRead, ...actions }: Props) {
  const frame = useRef<HTMLElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => rows[index]?.instrument ?? index,
    overscan: 3,
    initialRect: { width: 1_000, height: HEIGHT_PX },
  })
  const shown = virtual.getVirtualItems()
  const above = shown[0]?.start ?? 0
  const below = virtual.getTotalSize() - (shown.at(-1)?.end ?? 0)
  return (
    <ScrollRegion
      ref={frame}
      className={classes.frame}
      style={{ maxHeight: HEIGHT_PX }}
      label={`Watch list ${name}`}
    >
      <table className={classes.table} aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <Head by="name" sorting={sorting} onSort={onSort} isText>
              Instrument
            </Head>
            <Head by="last" sorting={sorting} onSort={onSort}>
              Last
            </Head>
            <th scope="col" data-mid>
              Change
            </th>
            <Head by="percent" sorting={sorting} onSort={onSort}>
              %
            </Head>
            <Head by="volume" sorting={sorting} onSort={onSort} isMid>
              Volume
            </Head>
            <th scope="col" data-wide>
              Bid / ask
            </th>
            <th scope="col" data-mid className={classes.range}>
              Day, low to high
            </th>
            <th scope="col" className={classes.age}>
              <span className={classes.hidden}>Age</span>
            </th>
            <th scope="col" className={classes.more}>
              <span className={classes.hidden}>More</span>
            </th>
          </tr>
        </thead>
        <tbody
          onPointerEnter={() => onRead(true)}
          onPointerLeave={() => onRead(false)}
          onFocus={() => onRead(true)}
          onBlur={() => onRead(false)}
        >
          {above > 0 && <tr style={{ height: above }} aria-hidden />}
          {shown.map((item) => {
            const watched = rows[item.index]
            return watched ? (
              <WatchLine key={item.key} watched={watched} index={item.index} {...actions} />
            ) : null
          })}
          {below > 0 && <tr style={{ height: below }} aria-hidden />}
        </tbody>
      </table>
    </ScrollRegion>
  )
}

interface HeadProps {
  by: SortBy
  sorting: Sorting | null
  onSort: (by: SortBy) => void
  isText?: boolean
  isMid?: boolean
  children: string
}

function Head({ by, sorting, onSort, isText = false, isMid = false, children }: HeadProps) {
  const isDescending = sorting?.by === by ? sorting.isDescending : undefined
  const direction = isDescending === undefined ? undefined : isDescending ? "descending" : "ascending"
  return (
    <th
      scope="col"
      data-mid={isMid || undefined}
      className={isText ? classes.text : undefined}
      aria-sort={direction}
    >
      <button type="button" onClick={() => onSort(by)}>
        {children}
        <span aria-hidden className={classes.arrow}>
          {isDescending === undefined ? "" : isDescending ? "↓" : "↑"}
        </span>
      </button>
    </th>
  )
}
