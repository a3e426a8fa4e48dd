import { notifications } from "@mantine/notifications"
import { ApiError } from "@tradertape/api/client.ts"
import { discreet } from "@tradertape/ui/format.ts"

export function notifyDone(message: string): void {
  notifications.show({ message, color: "iris", autoClose: 3_500 })
}

/** A refusal as a sentence of its own; one that begins with a field's name is left as it is. */
const capitalised = (text: string) =>
  /^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text

/** The message to show for an error, with the request id to refer to it. */
export function failureText(error: unknown): { message: string; requestId: string } {
  if (error instanceof ApiError) {
    const first = error.validationErrors[0]
    const place = first && first.pointer !== "/" ? ` (${first.pointer})` : ""
    return { message: discreet(`${capitalised(error.message)}${place}`), requestId: error.requestId }
  }
  return {
    message: error instanceof Error ? discreet(error.message) : "Something went wrong.",
    requestId: "",
  }
}

export function notifyFailure(title: string, error: unknown): void {
  const { message, requestId } = failureText(error)
  const reference = requestId ? ` Request ${requestId}.` : ""
  notifications.show({ title, message: `${message}${reference}`, color: "red", autoClose: 10_000 })
}
