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

async function rewrite(file: File) {
  if (file.size > LARGEST) throw new Error("The file is larger than 10 MB: export a shorter period.")
  return calls.rewrite(file.name, base64Of(new Uint8Array(await file.arrayBuffer())))
}

/** A tradebook or ledger as it would leave this machine: rewritten here, checked, shown, and saved. */
export function UploadsPage() {
  const { data: privacy } = useQuery(privacyQuery)
  const rewriting = useMutation({ mutationFn: rewrite })
  return (
    <Page
      title="Uploads"
      note="Choose a tradebook or ledger (XLSX or CSV) of your broker. It is rewritten on this machine: quantities and amounts are scaled, ids are replaced, names, texts and unknown columns are left out."
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
      {rewriting.data ? (
        <Preview made={rewriting.data} />
      ) : (
        <EmptyState icon={<FileSpreadsheet size={30} />} title="No file chosen">
          Zerodha: Console, Reports, Tradebook or Ledger, XLSX. Upstox: Reports, Trade. Groww: Stocks order
          history. The file you choose stays as it is.
        </EmptyState>
      )}
    </Page>
  )
}
