import { Alert } from "@mantine/core"
import { failureText } from "@/lib/tell"

interface Props {
  error: Error | null
  title?: string
  /** How many fields say what is wrong with them. */
  marked?: number
}

/** Why something was not done: at the fields where it can be put there, else here, and how to refer to it. */
export function Failure({ error, title, marked = 0 }: Props) {
  if (!error) return null
  const { message, requestId } = failureText(error)
  return (
    <Alert color="red" variant="light" role="alert" title={title}>
      {marked > 0 ? `Mend what is marked above (${marked}).` : message} {requestId && `Request ${requestId}.`}
    </Alert>
  )
}
