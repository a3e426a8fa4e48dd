import { Alert, Anchor, Stack, Text } from "@mantine/core"
import type { ValidationError } from "@tradertape/api/client.ts"
import { TriangleAlert } from "lucide-react"

/** The validation errors that prevent saving, each with its location. */
export function Problems({
  problems,
  onOpen,
}: {
  problems: ValidationError[]
  onOpen: (pointer: string) => void
}) {
  if (problems.length === 0) return null
  return (
    <Alert
      color="red"
      variant="light"
      icon={<TriangleAlert size={16} />}
      title="Fix these problems to save"
      mb="md"
    >
      <Stack gap={6}>
        {problems.slice(0, 8).map((one) => (
          <Text key={one.pointer + one.message} size="xs">
            {one.message}{" "}
            <Anchor component="button" size="xs" onClick={() => onOpen(one.pointer)}>
              {one.pointer || "/"}
            </Anchor>
          </Text>
        ))}
        {problems.length > 8 && <Text size="xs">and {problems.length - 8} more</Text>}
      </Stack>
    </Alert>
  )
}
