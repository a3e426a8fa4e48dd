import { ActionIcon, Button, Group, Indicator, Popover, Skeleton, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { age, discreet } from "@tradertape/ui/format.ts"
import { Bell as BellIcon } from "lucide-react"
import { useEffect, useState } from "react"
import { LinkButton } from "@/components/page/link-button"
import { ErrorState } from "@/components/states/error-state"
import { useChannel } from "@/lib/live"
import { notifyFailure } from "@/lib/notify"
import { inboxQuery, notificationCalls, type Told, unreadQuery } from "@/lib/queries/notifications"
import { useNow } from "@/lib/use-now"
import classes from "./bell.module.css"

interface Unread {
  unread: number
  newest_id: number
}

/** The bell with the number of unread notifications, and the panel that shows them. */
export function Bell() {
  const client = useQueryClient()
  const [isOpen, setOpen] = useState(false)
  const { data } = useQuery(unreadQuery)
  const streamed = useChannel<Unread>("notifications")
  useEffect(() => {
    if (!streamed) return
    client.setQueryData(unreadQuery.queryKey, streamed)
    client.invalidateQueries({ queryKey: inboxQuery.queryKey })
  }, [streamed, client])
  const unread = data?.unread ?? 0
  const label = unread === 0 ? "Notifications" : `Notifications, ${unread} unread`
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" width={360} shadow="md" trapFocus>
      <Indicator
        label={unread > 99 ? "99+" : unread}
        size={16}
        offset={5}
        disabled={unread === 0}
        color="red"
        zIndex={1}
      >
        <Popover.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={36}
            aria-label={label}
            onClick={() => setOpen((open) => !open)}
          >
            <BellIcon size={18} />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown p={0} className={classes.panel}>
        {isOpen && <Panel newest={data?.newest_id ?? 0} unread={unread} onLeave={() => setOpen(false)} />}
      </Popover.Dropdown>
    </Popover>
  )
}

function Panel({ newest, unread, onLeave }: { newest: number; unread: number; onLeave: () => void }) {
  const client = useQueryClient()
  const { data, error, isPending, refetch } = useQuery(inboxQuery)
  const reading = useMutation({
    mutationFn: () => notificationCalls.markRead(newest),
    onSuccess: (left) => {
      client.setQueryData(unreadQuery.queryKey, left)
      return client.invalidateQueries({ queryKey: inboxQuery.queryKey })
    },
    onError: (failure) => notifyFailure("They were not marked as read", failure),
  })
  return (
    <section aria-label="Notifications">
      <Group justify="space-between" px="sm" py={8} className={classes.head}>
        <Text fw={600} size="sm">
          Notifications
        </Text>
        <Button
          size="compact-xs"
          variant="subtle"
          disabled={unread === 0}
          loading={reading.isPending}
          onClick={() => reading.mutate()}
        >
          Mark all as read
        </Button>
      </Group>
      <div className={classes.list}>
        {isPending && <Skeleton height={120} m="sm" />}
        {error && !data && <ErrorState error={error} what="Your notifications" retry={refetch} />}
        {data?.items.length === 0 && (
          <Text size="sm" c="dimmed" p="md">
            Nothing yet. Fills, rejections, exits, signals and sessions at brokers appear here.
          </Text>
        )}
        {data?.items.map((told) => (
          <Entry key={told.id} told={told} onLeave={onLeave} />
        ))}
      </div>
      <Group px="sm" py={8} className={classes.foot}>
        <LinkButton
          to="/settings"
          search={{ tab: "notifications" }}
          variant="default"
          size="compact-sm"
          onClick={onLeave}
        >
          Channels and settings
        </LinkButton>
      </Group>
    </section>
  )
}

/** One notification; its link opens the page that shows more. */
function Entry({ told, onLeave }: { told: Told; onLeave: () => void }) {
  const now = useNow()
  return (
    <a
      href={told.path}
      className={classes.entry}
      data-severity={told.severity}
      data-unread={told.read_at === null || undefined}
      onClick={onLeave}
    >
      <span className={classes.title}>{discreet(told.title)}</span>
      {told.text && told.text !== told.title && <span className={classes.text}>{discreet(told.text)}</span>}
      <span className={classes.when}>
        {told.read_at === null && "Unread · "}
        {age(told.at, now)}
      </span>
    </a>
  )
}
