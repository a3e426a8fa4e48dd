import { Alert, Button, Stack, Text } from "@mantine/core"
import { Sparkles } from "lucide-react"

/** Offers the new version; the person decides when to load it. */
export function VersionNotice() {
  return (
    <Alert icon={<Sparkles size={18} />} title="TraderTape was upgraded" variant="light">
      <Stack gap={8} align="flex-start">
        <Text size="sm">
          This page belongs to the version before. Load the new one to go on; what you saved is safe.
        </Text>
        <Button onClick={() => window.location.reload()}>Load the new version</Button>
      </Stack>
    </Alert>
  )
}
