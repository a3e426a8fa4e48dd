import { Button, Menu } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Eye } from "lucide-react"
import { watchlistsQuery } from "@/lib/queries/watchlists"
import { useWatchlists } from "../watchlist/use-watchlists"

/** The watch lists that contain the instrument; a click adds or removes it. */
export function WatchMenu({ id }: { id: string }) {
  const { data: lists } = useQuery(watchlistsQuery)
  const { changing, creating } = useWatchlists()
  return (
    <Menu position="bottom-end" closeOnItemClick={false} withinPortal>
      <Menu.Target>
        <Button variant="default" leftSection={<Eye size={14} />}>
          Watch
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(lists ?? []).map((list) => {
          const isOn = list.instruments.includes(id)
          const patch = isOn ? { remove: [id] } : { add: [id] }
          return (
            <Menu.CheckboxItem
              key={list.id}
              checked={isOn}
              onChange={() => changing.mutate({ id: list.id, patch })}
            >
              {list.name}
            </Menu.CheckboxItem>
          )
        })}
        {lists?.length === 0 && (
          <Menu.Item onClick={() => creating.mutate({ name: "My list", instruments: [id] })}>
            New list with this instrument
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
