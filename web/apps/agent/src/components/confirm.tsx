import { Button, Group, Modal, Stack } from "@mantine/core"
import type { ReactNode } from "react"

interface Props {
  title: string
  children: ReactNode
  verb: string
  keep?: string
  color?: string
  isBusy: boolean
  isDisabled?: boolean
  onConfirm: () => void
  onClose: () => void
}

/** Asks a second time before something that matters. */
export function Confirm({
  title,
  children,
  verb,
  keep = "Cancel",
  color = "red",
  isBusy,
  isDisabled,
  ...on
}: Props) {
  return (
    <Modal opened onClose={on.onClose} title={title}>
      <Stack gap="md">
        <div>{children}</div>
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={on.onClose} data-autofocus>
            {keep}
          </Button>
          <Button color={color} loading={isBusy} disabled={isDisabled} onClick={on.onConfirm}>
            {verb}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
