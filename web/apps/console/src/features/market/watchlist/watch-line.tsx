import { ActionIcon, Menu } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { date } from "@tradertape/ui/format.ts"
import { ArrowDown, ArrowUp, ArrowUpToLine, EllipsisVertical, Trash2 } from "lucide-react"
import { type KeyboardEvent, memo } from "react"
import type { Watched } from "@/lib/queries/watchlists"
import { useStaleFor, useWatch } from "@/lib/tick-parts"
import { AgeCell, BidAskCell, ChangeCell, LastCell, PercentCell, RangeCell, VolumeCell } from "./cells"
import classes from "./watchlist.module.css"

export interface LineActions {
  onMove: (id: string, places: number) => void
  onRemove: (id: string) => void
  onOpen: (id: string) => void
}

interface Props extends LineActions {
  watched: Watched
  index: number
}

/** A row: its name is drawn once, its figures draw themselves. Alt and an arrow move it, Delete removes it. */
export const WatchLine = memo(({ watched, index, onMove, onRemove, onOpen }: Props) => {
  const id = watched.instrument
  useWatch(id)
  const isStale = useStaleFor(id) !== null
  const byKey = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return
    if (event.key === "Enter") onOpen(id)
    else if (event.key === "Delete") onRemove(id)
    else if (event.altKey && event.key === "ArrowUp") onMove(id, -1)
    else if (event.altKey && event.key === "ArrowDown") onMove(id, 1)
    else return
    event.preventDefault()
  }
  return (
    <tr
      className={classes.line}
      data-stale={isStale || undefined}
      tabIndex={0}
      aria-rowindex={index + 2}
      onKeyDown={byKey}
      onClick={() => onOpen(id)}
    >
      <td className={classes.who}>
        <Link to="/market/$id" params={{ id }} tabIndex={-1} onClick={(event) => event.stopPropagation()}>
          {watched.tradingsymbol}
        </Link>
        <span className={classes.note}>{noteOf(watched)}</span>
      </td>
      {watched.is_listed ? <Figures id={id} /> : <td colSpan={7}>Expired: no longer listed</td>}
      <td className={classes.more}>
        <LineMenu id={id} name={watched.tradingsymbol} onMove={onMove} onRemove={onRemove} onOpen={onOpen} />
      </td>
    </tr>
  )
})

function noteOf({ exchange, name, expiry }: Watched): string {
  return [exchange, expiry ? date(expiry) : name].filter(Boolean).join(" · ")
}

function Figures({ id }: { id: string }) {
  return (
    <>
      <td className={classes.last}>
        <LastCell id={id} />
      </td>
      <td data-mid>
        <ChangeCell id={id} />
      </td>
      <td>
        <PercentCell id={id} />
      </td>
      <td data-mid>
        <VolumeCell id={id} />
      </td>
      <td data-wide>
        <BidAskCell id={id} />
      </td>
      <td data-mid className={classes.range}>
        <RangeCell id={id} />
      </td>
      <td className={classes.age}>
        <AgeCell id={id} />
      </td>
    </>
  )
}

function LineMenu({ id, name, onMove, onRemove }: LineActions & { id: string; name: string }) {
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon size="sm" aria-label={`More on ${name}`} onClick={(event) => event.stopPropagation()}>
          <EllipsisVertical size={15} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown onClick={(event) => event.stopPropagation()}>
        <Menu.Item leftSection={<ArrowUpToLine size={14} />} onClick={() => onMove(id, -1_000)}>
          To the top
        </Menu.Item>
        <Menu.Item leftSection={<ArrowUp size={14} />} rightSection="Alt ↑" onClick={() => onMove(id, -1)}>
          Up
        </Menu.Item>
        <Menu.Item leftSection={<ArrowDown size={14} />} rightSection="Alt ↓" onClick={() => onMove(id, 1)}>
          Down
        </Menu.Item>
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
