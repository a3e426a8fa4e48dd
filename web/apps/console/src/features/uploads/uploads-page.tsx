import { Alert, Button, Group, PasswordInput, SegmentedControl, Stack } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { Section } from "@/components/page/section"
import { Failure } from "@/components/states/failure"
import { notifyDone } from "@/lib/notify"
import { meQuery } from "@/lib/queries/auth"
import { type UploadKind, uploadCalls, uploadsQuery } from "@/lib/queries/uploads"
import { DropZone } from "./drop-zone"
import { FilePreview } from "./file-preview"
import { History } from "./history"
import { MappingEditor } from "./mapping-editor"
import { canImport, isOff, KINDS } from "./words"

/** Files of brokers and registrars: read and checked first, imported when you say so. */
export function UploadsPage() {
  const client = useQueryClient()
  const { data: me } = useQuery(meQuery)
  const [kind, setKind] = useState<UploadKind>("tradebook")
  const [files, setFiles] = useState<File[]>([])
  const [password, setPassword] = useState("")
  const reading = useMutation({
    mutationFn: (chosen: File[]) =>
      uploadCalls.send({ kind, files: chosen, password, isDryRun: true, acceptsDifference: false }),
  })
  const shown = reading.data ?? []
  const isHeld = shown.some(isOff)
  const importing = useMutation({
    mutationFn: () => uploadCalls.send({ kind, files, password, isDryRun: false, acceptsDifference: isHeld }),
    onSuccess: (done) => {
      notifyDone(`${done.filter((one) => one.state !== "rejected").length} of ${done.length} files imported`)
      clear()
    },
    onSettled: () => client.invalidateQueries({ queryKey: uploadsQuery.queryKey }),
  })
  const clear = () => {
    setFiles([])
    setPassword("")
    reading.reset()
  }
  const take = (chosen: File[]) => {
    setFiles(chosen)
    importing.reset()
    reading.mutate(chosen)
  }
  const unknown = kind === "tradebook" && shown.find((one) => one.code === "unknown_layout")
  return (
    <>
      <PageHeader
        title="Uploads"
        note="Tradebooks, ledgers and account statements. Files are read on your server and sent nowhere."
      />
      <Stack gap="md">
        {me?.obfuscation ? (
          <OnTheAgent />
        ) : (
          <>
            <SegmentedControl
              aria-label="What to upload"
              data={[...KINDS]}
              value={kind}
              onChange={(next) => {
                setKind(next as UploadKind)
                clear()
              }}
            />
            {kind === "cas" && (
              <PasswordInput
                label="Password of the PDF"
                description="Usually your PAN in capitals. It opens the file and is kept nowhere."
                autoComplete="off"
                maw={420}
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
              />
            )}
            <DropZone
              accept={kind === "cas" ? ".pdf" : ".xlsx,.xlsm,.csv"}
              isMany={kind === "tradebook"}
              isBusy={reading.isPending}
              onFiles={take}
            />
          </>
        )}
        <Failure error={reading.error ?? importing.error} title="The files are not imported" />
        {shown.map((file) => (
          <FilePreview key={`${file.name} ${file.sha256}`} file={file} />
        ))}
        {unknown && (
          <MappingEditor
            key={unknown.sha256}
            columns={unknown.columns ?? []}
            onSaved={() => reading.mutate(files)}
          />
        )}
        {shown.length > 0 && (
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={clear}>
              Discard
            </Button>
            <Button
              disabled={!canImport(shown)}
              loading={importing.isPending}
              onClick={() => importing.mutate()}
            >
              {isHeld ? "Import although the totals differ" : "Import"}
            </Button>
          </Group>
        )}
        <Section
          title="History"
          flush
          action={
            <Group gap={8}>
              <LinkButton to="/net-worth" search={{ tab: "quality" }} variant="default" size="compact-xs">
                Import quality
              </LinkButton>
              <LinkButton to="/net-worth" variant="default" size="compact-xs">
                Net worth and tax
              </LinkButton>
            </Group>
          }
        >
          <History />
        </Section>
      </Stack>
    </>
  )
}

/** With obfuscation, no file comes here in clear. */
function OnTheAgent() {
  return (
    <Alert color="blue" variant="light" title="Obfuscation is on: upload on your agent">
      A statement would show your real figures to this server. Open your agent's page, choose the file under
      Uploads, look at what leaves, and send it from there. What it sent appears below.
    </Alert>
  )
}
