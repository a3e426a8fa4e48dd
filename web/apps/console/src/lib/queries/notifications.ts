import { queryOptions } from "@tanstack/react-query"
import { unwrap, unwrapPage } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type {
  ChannelInWritable,
  ChannelOut,
  ChannelPatch,
  DeliveryOut,
  EventOut,
  HookIn,
  HookOut,
  HookPatch,
  NotificationOut,
  SettingsIn,
} from "@tradertape/api/generated/types.gen.ts"

export type Channel = ChannelOut
export type Delivery = DeliveryOut
export type EventKind = EventOut
export type Hook = HookOut
export type NewHook = HookIn
export type Told = NotificationOut
export type NewChannel = ChannelInWritable
export type Mode = EventOut["modes"][string]

export const unreadQuery = queryOptions({
  queryKey: ["notifications", "unread"],
  queryFn: ({ signal }) => unwrap(api.countUnread({ signal })),
})

export const inboxQuery = queryOptions({
  queryKey: ["notifications", "inbox"],
  queryFn: ({ signal }) => unwrapPage(api.listNotifications({ query: { limit: 50 }, signal })),
})

export const channelsQuery = queryOptions({
  queryKey: ["notifications", "channels"],
  queryFn: ({ signal }) => unwrap(api.listChannels({ signal })),
})

export const notificationSettingsQuery = queryOptions({
  queryKey: ["notifications", "settings"],
  queryFn: ({ signal }) => unwrap(api.getNotificationSettings({ signal })),
})

export const deliveriesQuery = (limit: number) =>
  queryOptions({
    queryKey: ["notifications", "deliveries", limit],
    queryFn: ({ signal }) => unwrapPage(api.listDeliveries({ query: { limit }, signal })),
    refetchInterval: 10_000,
  })

export const hooksQuery = queryOptions({
  queryKey: ["hooks"],
  queryFn: ({ signal }) => unwrap(api.listHooks({ signal })),
})

export const hookCallsQuery = (id: number) =>
  queryOptions({
    queryKey: ["hooks", id, "calls"],
    queryFn: ({ signal }) => unwrap(api.listCalls({ path: { hook_id: id }, signal })),
  })

export const notificationCalls = {
  markRead: (upToId: number) => unwrap(api.markRead({ body: { up_to_id: upToId } })),
  addChannel: (body: NewChannel) => unwrap(api.addChannel({ body })),
  changeChannel: (id: number, body: ChannelPatch) =>
    unwrap(api.changeChannel({ path: { channel_id: id }, body })),
  deleteChannel: (id: number) => unwrap(api.deleteChannel({ path: { channel_id: id } })),
  test: (id: number) => unwrap(api.testChannel({ path: { channel_id: id } })),
  link: (id: number) => unwrap(api.linkChat({ path: { channel_id: id } })),
  save: (body: SettingsIn) => unwrap(api.changeNotificationSettings({ body })),
  addHook: (body: NewHook) => unwrap(api.addHook({ body })),
  changeHook: (id: number, body: HookPatch) => unwrap(api.changeHook({ path: { hook_id: id }, body })),
  deleteHook: (id: number) => unwrap(api.deleteHook({ path: { hook_id: id } })),
}
