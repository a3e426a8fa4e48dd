import { queryOptions } from "@tanstack/react-query"
import { unwrap, unwrapPage } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type {
  KillIn,
  KillSwitchOut,
  RehearsalIn,
  RehearsalOut,
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
/** What orders move: candles fill without any. */
export type OrderMoney = Exclude<Money, "candles">
export type Rehearsal = RehearsalOut

export const killSwitchQuery = queryOptions({
  queryKey: ["risk", "kill-switch"],
  queryFn: ({ signal }) => unwrap(api.showKillSwitch({ signal })),
  refetchInterval: 60_000,
})

export const turnKillSwitchOn = (body: KillSwitchCommand) => unwrap(api.kill({ body }))

/** Release it: the word was typed by the person. */
export const releaseKillSwitch = () => unwrap(api.releaseKillSwitch({ body: { confirm: "RELEASE" } }))

export const riskStateQuery = (money: Money | undefined) =>
  queryOptions({
    queryKey: ["risk", "state", money ?? "any"],
    queryFn: ({ signal }) => unwrap(api.showState({ signal, query: { money } })),
    refetchInterval: 10_000,
  })

export const riskRulesQuery = queryOptions({
  queryKey: ["risk", "rules"],
  queryFn: ({ signal }) => unwrap(api.listRules({ signal, query: { all_rules: true } })),
})

export const riskTypesQuery = queryOptions({
  queryKey: ["risk", "types"],
  queryFn: ({ signal }) => unwrap(api.listRuleTypes({ signal })),
  staleTime: Number.POSITIVE_INFINITY,
})

export const riskEvaluationsQuery = (isRefusedOnly: boolean) =>
  queryOptions({
    queryKey: ["risk", "evaluations", isRefusedOnly],
    queryFn: ({ signal }) =>
      unwrapPage(
        api.listEvaluations({ signal, query: { limit: 100, passed: isRefusedOnly ? false : undefined } }),
      ),
    refetchInterval: 20_000,
  })

export const riskCalls = {
  create: (body: RiskRuleBody) => unwrap(api.createRule({ body })),
  replace: (id: number, body: RiskRuleBody) => unwrap(api.replaceRule({ path: { rule_id: id }, body })),
  switch: (id: number, isActive: boolean) =>
    unwrap(api.changeRule({ path: { rule_id: id }, body: { is_active: isActive } })),
  remove: (id: number) => unwrap(api.deleteRule({ path: { rule_id: id } })),
  /** What rules would have refused among stored orders; nothing is stored. */
  rehearse: (body: RehearsalIn) => unwrap(api.rehearse({ body })),
  releaseHalt: (id: number) =>
    unwrap(api.releaseHalt({ path: { halt_id: id }, body: { confirm: "RELEASE" } })),
}
