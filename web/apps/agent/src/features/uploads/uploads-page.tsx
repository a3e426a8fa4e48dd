import { Alert, Button, FileButton, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { EmptyState } from "@tradertape/ui/components/empty-state.tsx"
import { FileSpreadsheet } from "lucide-react"
import { useState } from "react"
import { Page } from "@/components/page"
import { reasonOf } from "@/lib/notify"
import { calls, pastFilesQuery, privacyQuery } from "@/lib/queries"
import type { ChosenFile } from "@/lib/types"
import { base64Of } from "./base64"
import { PasswordForm } from "./password-form"
import { PastFiles } from "./past-files"
import { Preview } from "./preview"

const LARGEST = 10_000_000

async function read(file: File): Promise<ChosenFile> {
  if (file.size > LARGEST) throw new Error("The file is larger than 10 MB: export a shorter period.")
  return { name: file.name, content: base64Of(new Uint8Array(await file.arrayBuffer())) }
}

const isPdf = ({ name }: { name: string }) => name.toLowerCase().endsWith(".pdf")

async function rewrite(chosen: ChosenFile) {
  return { chosen, made: await calls.rewrite(chosen) }
}

/** A statement as it would leave this machine: rewritten here, checked, shown, and sent. */
export function UploadsPage() {
  const { data: privacy } = useQuery(privacyQuery)
  const [locked, setLocked] = useState<File | null>(null)
  const client = useQueryClient()
  const sending = useMutation({
    mutationFn: ({ chosen, accepts }: { chosen: ChosenFile; accepts: boolean }) =>
      calls.sendFile(chosen, accepts),
    onSettled: () => client.invalidateQueries({ queryKey: pastFilesQuery.queryKey }),
  })
  const rewriting = useMutation({
    mutationFn: async ({ file, password }: { file: File; password?: string }) =>
      rewrite({ ...(await read(file)), password }),
    onMutate: () => sending.reset(),
    onSuccess: () => setLocked(null),
  })
  const choose = (file: File | null) => {
    if (!file) return
    rewriting.reset()
    sending.reset()
    setLocked(isPdf(file) ? file : null)
    if (!isPdf(file)) rewriting.mutate({ file })
  }
  return (
    <Page
      title="Uploads"
      note="Choose a tradebook or ledger (XLSX or CSV) of your broker, or the account statement (PDF) of your mutual funds. It is rewritten on this machine: quantities and amounts are scaled, ids are replaced, names, texts and unknown columns are left out. Then you see it, and send it to the cloud."
      action={
        <FileButton
          accept=".xlsx,.csv,.pdf,application/pdf,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
          onChange={choose}
        >
          {(props) => (
            <Button {...props} loading={rewriting.isPending}>
              Choose a file
            </Button>
          )}
        </FileButton>
      }
    >
      {privacy && !privacy.is_on && (
        <Alert color="yellow" variant="light" title="Obfuscation is off in your account">
          <Text size="sm">
            Quantities, amounts and ids would leave as they are. Names and texts are left out all the same.
          </Text>
        </Alert>
      )}
      {rewriting.error && (
        <Alert color="red" variant="light" role="alert" title="The file was not rewritten">
          {reasonOf(rewriting.error)}
        </Alert>
      )}
      {sending.error && (
        <Alert color="red" variant="light" role="alert" title="The file was not imported">
          {reasonOf(sending.error)}
        </Alert>
      )}
      {locked && (
        <PasswordForm
          key={locked.name}
          name={locked.name}
          isBusy={rewriting.isPending}
          onOpen={(password) => rewriting.mutate({ file: locked, password })}
        />
      )}
      {rewriting.data && !locked ? (
        <Preview
          made={rewriting.data.made}
          sent={sending.data}
          isSending={sending.isPending}
          onSend={(accepts) => rewriting.data && sending.mutate({ chosen: rewriting.data.chosen, accepts })}
        />
      ) : (
        !locked && (
          <EmptyState icon={<FileSpreadsheet size={30} />} title="No file chosen">
            Zerodha: Console, Reports, Tradebook or Ledger, XLSX. Upstox: Reports, Trade. Groww: Stocks order
            history. Mutual funds: the detailed consolidated account statement of CAMS or KFintech, PDF. The
            file you choose stays as it is.
          </EmptyState>
        )
      )}
      <PastFiles />
    </Page>
  )
}
