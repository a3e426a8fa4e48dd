import { Card, Loader, Stack, Text } from "@mantine/core"

export function Waiting({ text }: { text: string }) {
  return (
    <Card>
      <Stack align="center" gap="sm" py={32} role="status">
        <Loader size="sm" aria-hidden />
        <Text size="sm">{text}</Text>
      </Stack>
    </Card>
  )
}
