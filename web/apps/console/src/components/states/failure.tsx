import { Alert } from "@mantine/core"
import { failureText } from "@/lib/notify"

interface Props {
  error: Error | null
  title?: string
  /** How many fields show an error of their own. */
  marked?: number
}

/** Why an action failed, with the request id. Refers to the fields where these show the errors themselves. */
export function Failure({ error, title, marked = 0 }: Props) {
  if (!error) return null
  const { message, requestId } = failureText(error)
  return (
    <Alert color="red" variant="light" role="alert" title={title}>
      {marked > 0 ? `Correct the marked fields above (${marked}).` : message}{" "}
      {requestId && `Request ${requestId}.`}
    </Alert>
  )
}
