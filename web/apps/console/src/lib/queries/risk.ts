import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type { KillSwitchIn, KillSwitchOut } from "@tradertape/api/generated/types.gen.ts"

export type KillSwitchState = KillSwitchOut
export type KillSwitchCommand = KillSwitchIn

export const killSwitchQuery = queryOptions({
  queryKey: ["risk", "kill-switch"],
  queryFn: ({ signal }) => unwrap(api.killSwitch({ signal })),
  refetchInterval: 60_000,
})

export const setKillSwitch = (body: KillSwitchCommand) => unwrap(api.setKillSwitch({ body }))
