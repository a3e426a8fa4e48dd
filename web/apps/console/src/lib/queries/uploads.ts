import { queryOptions } from "@tanstack/react-query"
import { failureOf, unwrap, unwrapPage } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type { FileOut, MappingIn, UploadsOut } from "@tradertape/api/generated/types.gen.ts"

export type UploadedFile = FileOut
export type UploadKind = "tradebook" | "ledger" | "cas"

export interface Upload {
  kind: UploadKind
  files: File[]
  password: string
  isDryRun: boolean
  acceptsDifference: boolean
}

/** Your uploads, newest first; read again each second while one is being imported. */
export const uploadsQuery = queryOptions({
  queryKey: ["uploads"],
  queryFn: ({ signal }) => unwrapPage(api.listUploads({ signal, query: { limit: 100 } })),
  refetchInterval: ({ state }) =>
    state.data?.items.some((one) => one.state === "importing" || one.state === "removing") ? 1_000 : false,
})

/** Uploads files. A refusal that lists its files is a result: each says why it is not imported. */
async function send(upload: Upload): Promise<UploadedFile[]> {
  const body = new FormData()
  for (const file of upload.files) body.append(upload.kind === "tradebook" ? "files[]" : "file", file)
  if (upload.password) body.append("password", upload.password)
  const query = new URLSearchParams({
    dry_run: String(upload.isDryRun),
    accept_difference: String(upload.acceptsDifference),
  })
  const response = await fetch(`/api/uploads/${upload.kind}?${query}`, { method: "POST", body })
  const answer = (await response.json().catch(() => ({}))) as Partial<UploadsOut>
  if (answer.files) return answer.files
  throw failureOf(answer, response)
}

export const uploadCalls = {
  send,
  undo: (id: number) => unwrap(api.undoUpload({ path: { upload_id: id } })),
  saveMapping: (name: string, body: MappingIn) => unwrap(api.saveMapping({ path: { mapping: name }, body })),
}
