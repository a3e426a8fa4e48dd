import { Alert, Button, Group, Text } from "@mantine/core"
import { GitMerge } from "lucide-react"
import type { StrategyEditor } from "../state/use-strategy-editor"

/** Somebody saved meanwhile: choose whose version stays. The other one is kept under Versions. */
export function ConflictNotice({ editor }: { editor: StrategyEditor }) {
  if (!editor.hasConflict) return null
  return (
    <Alert
      color="yellow"
      icon={<GitMerge size={18} />}
      title="This strategy was saved somewhere else meanwhile"
      mb="md"
      role="alert"
    >
      <Text size="sm" mb={8}>
        Your changes are still here. Both versions stay available under Versions, whichever you choose.
      </Text>
      <Group gap={8}>
        <Button onClick={() => void editor.overwrite()}>Save mine as the next version</Button>
        <Button variant="default" onClick={() => void editor.reload()}>
          Show theirs, drop my changes
        </Button>
      </Group>
    </Alert>
  )
}
