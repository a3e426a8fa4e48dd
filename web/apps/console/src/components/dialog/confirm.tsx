import { Button, Group, Stack, Text } from "@mantine/core"
import { Dialog } from "./dialog"

interface Props {
  opened: boolean
  title: string
  children: string
  verb: string
  isBusy?: boolean
  onConfirm: () => void
  onClose: () => void
}

/** Asks for confirmation before a destructive action. */
export function Confirm({ opened, title, children, verb, isBusy = false, onConfirm, onClose }: Props) {
  return (
    <Dialog opened={opened} onClose={onClose} title={title} size="sm">
      <Stack gap="md">
        <Text size="sm">{children}</Text>
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose} data-autofocus>
            Keep
          </Button>
          <Button color="red" loading={isBusy} onClick={onConfirm}>
            {verb}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
