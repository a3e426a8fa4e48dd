import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type {
  KillIn,
  KillSwitchOut,
  RiskEvaluationOut,
  RiskHaltOut,
  RiskOutcomeOut,
  RiskRuleIn,
  RiskRuleOut,
  RiskRuleTypeOut,
  RiskStateOut,
} from "@tradertape/api/generated/types.gen.ts"

export type KillSwitchState = KillSwitchOut
export type KillSwitchCommand = KillIn
export type RiskRule = RiskRuleOut
export type RiskRuleBody = RiskRuleIn
export type RiskRuleType = RiskRuleTypeOut
export type RiskState = RiskStateOut
export type RiskOutcome = RiskOutcomeOut
export type RiskEvaluation = RiskEvaluationOut
export type RiskHalt = RiskHaltOut
export type Money = RiskStateOut["money"]

export const killSwitchQuery = queryOptions({
  queryKey: ["risk", "kill-switch"],
  queryFn: ({ signal }) => unwrap(api.showKillSwitch({ signal })),
  refetchInterval: 60_000,
})

export const turnKillSwitchOn = (body: KillSwitchCommand) => unwrap(api.kill({ body }))

/** Release it: the word was typed by the person. */
export const releaseKillSwitch = () => unwrap(api.releaseKillSwitch({ body: { confirm: "RELEASE" } }))
