import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type {
  CorporateActionIn,
  CorporateActionPreviewOut,
  CorrectionIn,
  CorrectionOut,
  DifferenceOut,
  IgnoreIn,
  ReconciliationOut,
} from "@tradertape/api/generated/types.gen.ts"
import { once } from "@tradertape/api/once.ts"

export type Reconciliation = ReconciliationOut
export type Difference = DifferenceOut
export type Correction = CorrectionOut
export type ActionPreview = CorporateActionPreviewOut

export const reconciliationQuery = queryOptions({
  queryKey: ["reconciliation"],
  queryFn: ({ signal }) => unwrap(api.showReconciliation({ signal })),
  refetchInterval: 60_000,
})

export const correctionsQuery = queryOptions({
  queryKey: ["reconciliation", "corrections"],
  queryFn: ({ signal }) => unwrap(api.listCorrections({ signal })),
})

export const reconciliationCalls = {
  check: () => unwrap(api.checkReconciliation({})),
  correct: (body: CorrectionIn) =>
    once({ correct: body }, (headers) => unwrap(api.correctDifference({ body, headers }))),
  previewAction: (body: CorporateActionIn) => unwrap(api.previewCorporateAction({ body })),
  applyAction: (body: CorporateActionIn) =>
    once({ apply: body }, (headers) => unwrap(api.applyCorporateAction({ body, headers }))),
  undo: (id: number) => unwrap(api.undoCorrection({ path: { correction_id: id } })),
  ignore: (body: IgnoreIn) =>
    once({ ignore: body }, (headers) => unwrap(api.ignoreDifference({ body, headers }))),
  reportAgain: ({ account_scope, instrument }: Difference) =>
    unwrap(api.reportDifferenceAgain({ query: { account_scope, instrument } })),
}
