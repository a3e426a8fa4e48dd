import { Alert, Button, Group, Stack, Text } from "@mantine/core"
import { download } from "@tradertape/ui/charts/download.ts"
import { Download } from "lucide-react"
import { CodeBlock } from "@/components/copy/code-block"
import { Dialog } from "@/components/dialog/dialog"

interface Props {
  codes: string[]
  onClose: () => void
}

/** Shows new recovery codes once, to copy or download. */
export function RecoveryCodesDialog({ codes, onClose }: Props) {
  const save = () => {
    const file = new Blob([`${codes.join("\n")}\n`], { type: "text/plain" })
    download("tradertape-recovery-codes.txt", URL.createObjectURL(file))
  }
  return (
    <Dialog
      opened
      onClose={onClose}
      title="Your recovery codes"
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <Stack gap="sm">
        <Alert color="yellow" variant="light">
          <Text size="sm">Save them now. They are not stored and cannot be shown again.</Text>
        </Alert>
        <Text size="sm">
          If you lose your phone, enter one of these instead of the authenticator code. Each works once.
        </Text>
        <CodeBlock code={codes.join("\n")} label="recovery codes" />
        <Group justify="flex-end" gap={8}>
          <Button variant="default" leftSection={<Download size={14} />} onClick={save}>
            Download
          </Button>
          <Button onClick={onClose}>I have saved them</Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
