import { Button, Group, Text } from "@mantine/core"
import { notifications } from "@mantine/notifications"

let said = 0

/** Say what was done, with the way back. */
export function offerUndo(message: string, undo: () => void): void {
  said += 1
  const id = `undo-${said}`
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
