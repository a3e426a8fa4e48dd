import { Alert, Button, Code, Group, Stack, Text } from "@mantine/core"
import { ApiError } from "@tradertape/api/client.ts"
import { CircleAlert } from "lucide-react"
import { failureText } from "@/lib/notify"
import { LinkButton } from "../page/link-button"

const ADVICE: Record<number, string> = {
  0: "Check that the server is running, then try again.",
  403: "Ask the owner for access, or sign in with another account.",
  404: "It may have been deleted, or the address is mistyped.",
  429: "Wait a few seconds, then try again.",
  500: "This is a fault of the server. Try again; if it persists, report the request id below.",
  503: "The server is busy or being upgraded. Try again in a minute.",
}

interface Props {
  error: unknown
  what: string
  retry?: () => void
  /** The list to go back to, where there is nothing at this address. */
  back?: { label: string; to: string }
}

/** Whether nothing exists at the address: a repeated request would return the same. */
function isAbsent(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 422)
}

/** What failed, what to do next, and the request id to find in the server's log. */
export function ErrorState({ error, what, retry, back }: Props) {
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
          {back && isAbsent(error) && (
            <LinkButton to={back.to} variant="default">
              {back.label}
            </LinkButton>
          )}
          {retry && !(back && isAbsent(error)) && (
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
