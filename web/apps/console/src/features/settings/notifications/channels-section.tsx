import { Button, Group, Stack, Switch, Text } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { age } from "@tradertape/ui/format.ts"
import { Plus } from "lucide-react"
import { useState } from "react"
import { Confirm } from "@/components/dialog/confirm"
import { Section } from "@/components/page/section"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { type Channel, notificationCalls } from "@/lib/queries/notifications"
import { useNow } from "@/lib/use-now"
import { ChannelDialog } from "./channel-dialog"
import { KINDS } from "./channel-words"
import { LinkDialog } from "./link-dialog"
import classes from "./notifications.module.css"

/** The person's channels, each with its state, a switch and a test. */
export function ChannelsSection({ channels }: { channels: Channel[] }) {
  const [isAdding, setAdding] = useState(false)
  return (
    <Section
      title="Channels"
      note="The bell in the header shows everything. Add where else you want to be notified."
      flush
      action={
        <Button variant="default" leftSection={<Plus size={14} />} onClick={() => setAdding(true)}>
          Add channel
        </Button>
      }
    >
      {channels.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          None yet. With Telegram you can also approve signals and turn the kill switch on from your phone.
        </Text>
      ) : (
        channels.map((channel) => <ChannelRow key={channel.id} channel={channel} />)
      )}
      <ChannelDialog opened={isAdding} onClose={() => setAdding(false)} />
    </Section>
  )
}

function ChannelRow({ channel }: { channel: Channel }) {
  const client = useQueryClient()
  const [dialog, setDialog] = useState<"delete" | "link" | null>(null)
  const refresh = () => client.invalidateQueries({ queryKey: ["notifications"] })
  const switching = useMutation({
    mutationFn: (is_enabled: boolean) => notificationCalls.changeChannel(channel.id, { is_enabled }),
    onSettled: refresh,
    onError: (error) => notifyFailure("The channel was not changed", error),
  })
  const testing = useMutation({
    mutationFn: () => notificationCalls.test(channel.id),
    onSuccess: () => {
      notifyDone("A test message is on its way: see the delivery log")
      setTimeout(refresh, 2_500)
    },
    onError: (error) => notifyFailure("No test message was sent", error),
  })
  const deleting = useMutation({
    mutationFn: () => notificationCalls.deleteChannel(channel.id),
    onSuccess: refresh,
    onError: (error) => notifyFailure("The channel was not deleted", error),
    onSettled: () => setDialog(null),
  })
  return (
    <div className={classes.row}>
      <div className={classes.who}>
        <Text size="sm" fw={600}>
          {channel.name}
        </Text>
        <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {KINDS[channel.kind].title} · {channel.address}
          {channel.chat_name && ` · chat of ${channel.chat_name}`}
        </Text>
        <ChannelState channel={channel} />
      </div>
      <Group gap={8}>
        <Switch
          checked={channel.is_enabled}
          disabled={switching.isPending}
          aria-label={`${channel.name} on`}
          onChange={(event) => switching.mutate(event.currentTarget.checked)}
        />
        {channel.kind === "telegram" && (
          <Button variant="default" size="compact-sm" onClick={() => setDialog("link")}>
            {channel.is_linked ? "Link another chat" : "Link a chat"}
          </Button>
        )}
        <Button
          variant="default"
          size="compact-sm"
          disabled={!channel.is_enabled || !channel.is_linked}
          loading={testing.isPending}
          onClick={() => testing.mutate()}
        >
          Test
        </Button>
        <Button variant="subtle" color="red" size="compact-sm" onClick={() => setDialog("delete")}>
          Delete
        </Button>
      </Group>
      {dialog === "link" && <LinkDialog channel={channel} onClose={() => setDialog(null)} />}
      <Confirm
        opened={dialog === "delete"}
        onClose={() => setDialog(null)}
        title={`Delete “${channel.name}”?`}
        verb="Delete"
        isBusy={deleting.isPending}
        onConfirm={() => deleting.mutate()}
      >
        Nothing is sent there any more, and its delivery log is deleted.
      </Confirm>
    </div>
  )
}

function ChannelState({ channel }: { channel: Channel }) {
  const now = useNow()
  const sent = channel.last_sent_at ? `Last sent ${age(channel.last_sent_at, now)}.` : "Nothing sent yet."
  if (!channel.is_linked)
    return (
      <Text size="xs" className="tt-warn">
        No chat is linked: nothing can be sent yet.
      </Text>
    )
  return (
    <Stack gap={0}>
      <Text size="xs" c="dimmed">
        {sent}
      </Text>
      {channel.last_error && (
        <Text size="xs" className="tt-warn">
          {channel.last_error} {channel.last_error_at && age(channel.last_error_at, now)}
        </Text>
      )}
    </Stack>
  )
}
