import { Alert, Button, Group, Text } from "@mantine/core"
import { GitMerge } from "lucide-react"
import type { StrategyEditor } from "../state/use-strategy-editor"

/** The strategy was saved elsewhere in the meantime: choose a version. The other is kept under Versions. */
export function ConflictNotice({ editor }: { editor: StrategyEditor }) {
  if (!editor.hasConflict) return null
  return (
    <Alert
      color="yellow"
      icon={<GitMerge size={18} />}
      title="This strategy was changed elsewhere in the meantime"
      mb="md"
      role="alert"
    >
      <Text size="sm" mb={8}>
        Your changes are still here. Saved versions remain available under Versions.
      </Text>
      <Group gap={8}>
        <Button onClick={() => void editor.overwrite()}>Save my changes as the next version</Button>
        <Button variant="default" onClick={() => void editor.reload()}>
          Load the saved version, discard my changes
        </Button>
      </Group>
    </Alert>
  )
}
