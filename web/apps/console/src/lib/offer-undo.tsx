import { Button, Group, Text } from "@mantine/core"
import { notifications } from "@mantine/notifications"

let shown = 0

/** Notify what was done, with an undo button. */
export function offerUndo(message: string, undo: () => void): void {
  shown += 1
  const id = `undo-${shown}`
  notifications.show({
    id,
    autoClose: 8_000,
    message: (
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <Text size="sm">{message}</Text>
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => {
            notifications.hide(id)
            undo()
          }}
        >
          Undo
        </Button>
      </Group>
    ),
  })
}
