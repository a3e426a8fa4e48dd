import { NativeSelect, Switch, Table, Text } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import type { SettingsOut } from "@tradertape/api/generated/types.gen.ts"
import { Fragment } from "react"
import { ScrollRegion } from "@/components/page/scroll-region"
import { Section } from "@/components/page/section"
import { notifyFailure } from "@/lib/notify"
import {
  type Channel,
  type EventKind,
  type Mode,
  notificationCalls,
  notificationSettingsQuery,
} from "@/lib/queries/notifications"
import classes from "./notifications.module.css"

const MODES: { value: Mode; label: string }[] = [
  { value: "now", label: "At once" },
  { value: "digest", label: "Digest" },
  { value: "off", label: "Off" },
]

interface Props {
  channels: Channel[]
  settings: SettingsOut
}

/** Every event in rows, the bell and each channel in columns. */
export function EventsSection({ channels, settings }: Props) {
  const groups = [...new Set(settings.events.map(({ group }) => group))]
  return (
    <Section title="Events" note="Which event goes where. Critical ones are sent in quiet hours too." flush>
      <ScrollRegion label="Events and channels, table" style={{ overflowX: "auto" }}>
        <Table miw={320 + channels.length * 110}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Event</Table.Th>
              <Table.Th>Bell</Table.Th>
              {channels.map((channel) => (
                <Table.Th key={channel.id}>{channel.name}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {groups.map((group) => (
              <Fragment key={group}>
                <Table.Tr className={classes.group}>
                  <Table.Td colSpan={2 + channels.length}>{group}</Table.Td>
                </Table.Tr>
                {settings.events
                  .filter((event) => event.group === group)
                  .map((event) => (
                    <EventRow key={event.event} event={event} channels={channels} />
                  ))}
              </Fragment>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollRegion>
    </Section>
  )
}

function EventRow({ event, channels }: { event: EventKind; channels: Channel[] }) {
  const client = useQueryClient()
  const saving = useMutation({
    mutationFn: ({ target, mode }: { target: string; mode: Mode }) =>
      notificationCalls.save({ modes: { [event.event]: { [target]: mode } } }),
    onSuccess: (saved) => client.setQueryData(notificationSettingsQuery.queryKey, saved),
    onError: (error) => notifyFailure("Your choice was not saved", error),
  })
  return (
    <Table.Tr>
      <Table.Td>
        {event.title}
        {event.severity === "critical" && (
          <Text span size="xs" c="dimmed">
            {" "}
            · critical
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Switch
          size="xs"
          checked={event.modes.in_app !== "off"}
          disabled={saving.isPending}
          aria-label={`${event.title}: bell`}
          onChange={({ currentTarget }) =>
            saving.mutate({ target: "in_app", mode: currentTarget.checked ? "now" : "off" })
          }
        />
      </Table.Td>
      {channels.map((channel) => (
        <Table.Td key={channel.id}>
          <NativeSelect
            size="xs"
            data={MODES}
            value={event.modes[String(channel.id)] ?? "off"}
            disabled={saving.isPending}
            aria-label={`${event.title}: ${channel.name}`}
            onChange={({ currentTarget }) =>
              saving.mutate({ target: String(channel.id), mode: currentTarget.value as Mode })
            }
          />
        </Table.Td>
      ))}
    </Table.Tr>
  )
}
