import type { ChannelOut, LinkOut } from "@tradertape/api/generated/types.gen.ts"
import type { Channel } from "@/lib/queries/notifications"

/** What a kind of channel is called, and what it needs. */
export const KINDS: Record<Channel["kind"], { title: string; note: string }> = {
  telegram: {
    title: "Telegram",
    note: "A bot of your own: write to @BotFather, send /newbot, and paste the token. You can also approve, reject and stop by chat.",
  },
  email: { title: "E-mail", note: "To the address of your account, by this server's mail server." },
  webhook: {
    title: "Webhook",
    note: "Signed JSON by POST to a public address of yours. The secret of the signature is shown once.",
  },
  apprise: {
    title: "Apprise URL",
    note: "Discord, Slack, ntfy, Pushover and a hundred more, by one URL each: see appriseit.com.",
  },
}

/** Whether a chat has sent the code of a link: the same chat that was linked before, too. */
export const isLinkedBy = (link: Pick<LinkOut, "made_at">, channel: Pick<ChannelOut, "linked_at">): boolean =>
  channel.linked_at !== null && Date.parse(channel.linked_at) >= Date.parse(link.made_at)
