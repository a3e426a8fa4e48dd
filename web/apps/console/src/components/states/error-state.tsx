import { Alert, Button, Code, Group, Stack, Text } from "@mantine/core"
import { ApiError } from "@tradertape/api/client.ts"
import { CircleAlert } from "lucide-react"
import { failureText } from "@/lib/notify"

const ADVICE: Record<number, string> = {
  0: "Check that the server is running, then try again.",
  403: "Ask the owner for access, or sign in with another account.",
  404: "It may have been deleted. Go back to the list.",
  429: "Wait a few seconds, then try again.",
  500: "This is a fault of the server. Try again; if it persists, report the request id below.",
  503: "The server is busy or being upgraded. Try again in a minute.",
}

interface Props {
  error: unknown
  what: string
  retry?: () => void
}

/** What failed, what to do next, and the request id to find in the server's log. */
export function ErrorState({ error, what, retry }: Props) {
  const { message, requestId } = failureText(error)
  const advice = error instanceof ApiError ? ADVICE[error.status] : undefined
  return (
    <Alert
      color="red"
      variant="light"
      icon={<CircleAlert size={18} />}
      title={`${what} could not be loaded`}
      role="alert"
    >
      <Stack gap={6}>
        <Text size="sm">{message}</Text>
        {advice && <Text size="sm">{advice}</Text>}
        <Group gap="sm">
          {retry && (
            <Button variant="default" onClick={retry}>
              Try again
            </Button>
          )}
          {requestId && (
            <Text size="xs" c="dimmed">
              Request <Code>{requestId}</Code>
            </Text>
          )}
        </Group>
      </Stack>
    </Alert>
  )
}
