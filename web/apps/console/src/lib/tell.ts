import { notifications } from "@mantine/notifications"
import { ApiError } from "@tradertape/api/client.ts"

export function tellDone(message: string): void {
  notifications.show({ message, color: "iris", autoClose: 3_500 })
}

/** What a person should read of a failure: the server's sentence and how to refer to it. */
export function failureText(error: unknown): { message: string; requestId: string } {
  if (error instanceof ApiError) {
    const first = error.complaints[0]
    const place = first && first.pointer !== "/" ? ` (${first.pointer})` : ""
    return { message: `${error.message}${place}`, requestId: error.requestId }
  }
  return { message: error instanceof Error ? error.message : "Something went wrong.", requestId: "" }
}

export function tellFailed(title: string, error: unknown): void {
  const { message, requestId } = failureText(error)
  const reference = requestId ? ` Request ${requestId}.` : ""
  notifications.show({ title, message: `${message}${reference}`, color: "red", autoClose: 10_000 })
}
