import { Alert, Button, FileButton, Text } from "@mantine/core"
import { useMutation, useQuery } from "@tanstack/react-query"
import { EmptyState } from "@tradertape/ui/components/empty-state.tsx"
import { FileSpreadsheet } from "lucide-react"
import { Page } from "@/components/page"
import { reasonOf } from "@/lib/notify"
import { calls, privacyQuery } from "@/lib/queries"
import { base64Of } from "./base64"
import { Preview } from "./preview"

const LARGEST = 10_000_000

interface Chosen {
  name: string
  content: string
}

async function read(file: File): Promise<Chosen> {
  if (file.size > LARGEST) throw new Error("The file is larger than 10 MB: export a shorter period.")
  return { name: file.name, content: base64Of(new Uint8Array(await file.arrayBuffer())) }
}

async function rewrite(file: File) {
  const chosen = await read(file)
  return { chosen, made: await calls.rewrite(chosen.name, chosen.content) }
}

/** A tradebook or ledger as it would leave this machine: rewritten here, checked, shown, and sent. */
export function UploadsPage() {
  const { data: privacy } = useQuery(privacyQuery)
  const sending = useMutation({
    mutationFn: ({ chosen, accepts }: { chosen: Chosen; accepts: boolean }) =>
      calls.sendFile(chosen.name, chosen.content, accepts),
  })
  const rewriting = useMutation({ mutationFn: rewrite, onMutate: () => sending.reset() })
  return (
    <Page
      title="Uploads"
      note="Choose a tradebook or ledger (XLSX or CSV) of your broker. It is rewritten on this machine: quantities and amounts are scaled, ids are replaced, names, texts and unknown columns are left out. Then you see it, and send it to the cloud."
      action={
        <FileButton
          accept=".xlsx,.csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
          onChange={(file) => file && rewriting.mutate(file)}
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
      {rewriting.data ? (
        <Preview
          made={rewriting.data.made}
          sent={sending.data}
          isSending={sending.isPending}
          onSend={(accepts) => rewriting.data && sending.mutate({ chosen: rewriting.data.chosen, accepts })}
        />
      ) : (
        <EmptyState icon={<FileSpreadsheet size={30} />} title="No file chosen">
          Zerodha: Console, Reports, Tradebook or Ledger, XLSX. Upstox: Reports, Trade. Groww: Stocks order
          history. The file you choose stays as it is.
        </EmptyState>
      )}
    </Page>
  )
}
