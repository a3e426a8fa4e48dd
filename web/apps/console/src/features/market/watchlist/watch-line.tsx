import { Menu } from "@mantine/core"
import { date } from "@tradertape/ui/format.ts"
import { ArrowDown, ArrowUp, ArrowUpToLine, Trash2 } from "lucide-react"
import { type KeyboardEvent, type MouseEvent, memo, type Ref, useLayoutEffect, useRef, useState } from "react"
import range from "@/components/day-range.module.css"
import { live } from "@/lib/live"
import type { Watched } from "@/lib/queries/watchlists"
import { everySecond, useTicks } from "@/lib/tick-parts"
import { cellsOf, rowPainter } from "./row-painter"
import classes from "./watchlist.module.css"

export interface LineActions {
  /** Undefined while the list is sorted differently from its own order. */
  onMove: ((id: string, places: number) => void) | undefined
  onRemove: (id: string) => void
  onOpen: (id: string) => void
}

interface Props extends LineActions {
  watched: Watched
  index: number
}

/** Write prices into the DOM nodes of the row, bypassing React to keep ticks and scrolling cheap. */
function usePrices(id: string, isListed: boolean): Ref<HTMLTableRowElement> {
  const row = useRef<HTMLTableRowElement>(null)
  useTicks(id)
  useLayoutEffect(() => {
    if (!row.current || !isListed) return
    const paint = rowPainter(row.current, cellsOf(row.current))
    const draw = () => paint(live.tick(id), Date.now())
    draw()
    const unsubscribes = [live.onChange(id, draw), everySecond(draw)]
    return () => {
      for (const action of unsubscribes) action()
    }
  }, [id, isListed])
  return row
}

/** A row, rendered once; figures update directly. Alt and an arrow key move it, Delete removes it. */
export const WatchLine = memo(({ watched, index, onMove, onRemove, onOpen }: Props) => {
  const id = watched.instrument
  const row = usePrices(id, watched.is_listed)
  const byKey = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return
    if (event.key === "Enter") onOpen(id)
    else if (event.key === "Delete") onRemove(id)
    else if (event.altKey && event.key === "ArrowUp") onMove?.(id, -1)
    else if (event.altKey && event.key === "ArrowDown") onMove?.(id, 1)
    else return
    event.preventDefault()
  }
  const follow = (event: MouseEvent) => {
    event.stopPropagation()
    if (event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    onOpen(id)
  }
  return (
    <tr
      ref={row}
      className={classes.line}
      tabIndex={0}
      aria-rowindex={index + 2}
      onKeyDown={byKey}
      onClick={() => onOpen(id)}
    >
      <td className={classes.who}>
        <a href={`/market/${encodeURIComponent(id)}`} tabIndex={-1} onClick={follow}>
          {watched.tradingsymbol}
        </a>
        <span className={classes.note}>{noteOf(watched)}</span>
      </td>
      {watched.is_listed ? FIGURES : <td colSpan={7}>Expired: no longer listed</td>}
      <td className={classes.more}>
        <LineMenu id={id} name={watched.tradingsymbol} onMove={onMove} onRemove={onRemove} />
      </td>
    </tr>
  )
})

function noteOf({ exchange, name, expiry }: Watched): string {
  return [exchange, expiry ? date(expiry) : name].filter(Boolean).join(" · ")
}

/** Empty cells that the row painter fills. One shared element for all rows. */
const FIGURES = (
  <>
    <td className={classes.last}>
      <span data-cell="last" />
    </td>
    <td data-mid data-cell="change" />
    <td>
      <span data-cell="percent" />
    </td>
    <td data-mid data-cell="volume" />
    <td data-wide>
      <span data-cell="bid" /> <span className="tt-muted">/</span> <span data-cell="ask" />
    </td>
    <td data-mid className={classes.range}>
      <span data-cell="range" className={range.root} role="img" aria-label="No range yet">
        <span data-cell="fill" className={range.fill} />
        <span data-cell="mark" className={range.mark} />
      </span>
    </td>
    <td className={classes.age}>
      <span data-cell="age" className="tt-warn" />
    </td>
  </>
)

type MenuProps = Omit<LineActions, "onOpen"> & { id: string; name: string }

/** The row menu, created when first opened. */
function LineMenu({ id, name, onMove, onRemove }: MenuProps) {
  const [isOpened, setOpened] = useState(false)
  if (!isOpened) return <Dots name={name} onClick={() => setOpened(true)} />
  return (
    <Menu position="bottom-end" withinPortal defaultOpened>
      <Menu.Target>
        <Dots name={name} />
      </Menu.Target>
      <Menu.Dropdown onClick={(event) => event.stopPropagation()}>
        {onMove && (
          <>
            <Menu.Item leftSection={<ArrowUpToLine size={14} />} onClick={() => onMove(id, -1_000)}>
              Move to top
            </Menu.Item>
            <Menu.Item
              leftSection={<ArrowUp size={14} />}
              rightSection="Alt ↑"
              onClick={() => onMove(id, -1)}
            >
              Up
            </Menu.Item>
            <Menu.Item
              leftSection={<ArrowDown size={14} />}
              rightSection="Alt ↓"
              onClick={() => onMove(id, 1)}
            >
              Down
            </Menu.Item>
          </>
        )}
        <Menu.Item
          leftSection={<Trash2 size={14} />}
          rightSection="Del"
          color="red"
          onClick={() => onRemove(id)}
        >
          Remove
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

interface DotsProps {
  name: string
  onClick?: (event: MouseEvent<HTMLButtonElement>) => void
  ref?: Ref<HTMLButtonElement>
}

function Dots({ name, onClick, ...rest }: DotsProps) {
  return (
    <button
      type="button"
      className={classes.dots}
      aria-label={`More on ${name}`}
      aria-haspopup="menu"
      {...rest}
      onClick={(event) => {
        event.stopPropagation()
        onClick?.(event)
      }}
    >
      ⋮
    </button>
  )
}
