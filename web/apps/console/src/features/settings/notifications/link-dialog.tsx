import { Alert, Button, Group, Skeleton, Stack, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import type { LinkOut } from "@tradertape/api/generated/types.gen.ts"
import { moment } from "@tradertape/ui/format.ts"
import { Check } from "lucide-react"
import { lazy, Suspense, useEffect } from "react"
import { CopyField } from "@/components/copy/copy-field"
import { Dialog } from "@/components/dialog/dialog"
import { Failure } from "@/components/states/failure"
import { type Channel, channelsQuery, notificationCalls } from "@/lib/queries/notifications"
import { isLinkedBy } from "./channel-words"

const QrCode = lazy(() => import("@/components/copy/qr-code").then(({ QrCode }) => ({ default: QrCode })))

/** Makes a code, and waits until a chat has sent it. */
export function LinkDialog({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const making = useMutation({ mutationFn: () => notificationCalls.link(channel.id) })
  const { mutate } = making
  useEffect(() => mutate(), [mutate])
  return (
    <Dialog opened onClose={onClose} title={`Link a chat to “${channel.name}”`}>
      <Stack gap="sm">
        {making.isPending && <Skeleton height={160} />}
        <Failure error={making.error} />
        {making.data && <LinkSteps channel={channel} link={making.data} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}

/** How to link: open the bot on this device or by the QR code, or send it the code; then whose chat
 * is linked. */
export function LinkSteps({ channel, link }: { channel: Channel; link: LinkOut }) {
  const client = useQueryClient()
  const { data: channels } = useQuery({ ...channelsQuery, refetchInterval: 3_000 })
  useEffect(() => () => void client.invalidateQueries({ queryKey: ["notifications"] }), [client])
  const now = channels?.find(({ id }) => id === channel.id)
  if (now && isLinkedBy(link, now))
    return (
      <Alert color="green" variant="light" icon={<Check size={16} />} role="status">
        The chat of {now.chat_name} is linked. Send it /status to try it.
      </Alert>
    )
  return (
    <Stack gap="sm">
      <Text size="sm">
        Open the bot on your phone and press Start. Only the chat that sends this code is obeyed, until{" "}
        {moment(link.expires_at)}.
      </Text>
      <Suspense fallback={<Skeleton height={180} width={180} />}>
        <QrCode text={link.url} label="Opens the bot in Telegram" />
      </Suspense>
      <Button component="a" href={link.url} target="_blank" rel="noreferrer" variant="default">
        Open in Telegram
      </Button>
      <CopyField value={`/start ${link.code}`} label="code" />
    </Stack>
  )
}
