import { Alert, Button, Stack, Text } from "@mantine/core"
import { Sparkles } from "lucide-react"

/** Offer to load the new version. */
export function VersionNotice() {
  return (
    <Alert icon={<Sparkles size={18} />} title="TraderTape was upgraded" variant="light">
      <Stack gap={8} align="flex-start">
        <Text size="sm">
          This page belongs to the previous version. Load the new version to continue; everything you saved is
          safe.
        </Text>
        <Button onClick={() => window.location.reload()}>Load the new version</Button>
      </Stack>
    </Alert>
  )
}
