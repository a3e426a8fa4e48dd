import { Skeleton } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { ErrorState } from "@/components/states/error-state"
import { channelsQuery, notificationSettingsQuery } from "@/lib/queries/notifications"
import { ChannelsSection } from "./channels-section"
import { DeliveryLog } from "./delivery-log"
import { EventsSection } from "./events-section"
import { TimesSection } from "./times-section"

/** Where the person is notified, of what and when, and what became of each message. */
export function NotificationsTab() {
  const channels = useQuery(channelsQuery)
  const settings = useQuery(notificationSettingsQuery)
  const error = channels.error ?? settings.error
  if (channels.isPending || settings.isPending) return <Skeleton height={240} aria-label="Loading" />
  if (!channels.data || !settings.data)
    return (
      <ErrorState
        error={error ?? new Error("No answer")}
        what="Your notifications"
        retry={() => Promise.all([channels.refetch(), settings.refetch()])}
      />
    )
  return (
    <>
      <ChannelsSection channels={channels.data} />
      <EventsSection channels={channels.data} settings={settings.data} />
      <TimesSection settings={settings.data} />
      <DeliveryLog channels={channels.data} />
    </>
  )
}
