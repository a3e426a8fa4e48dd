import { notifications } from "@mantine/notifications"
import { sentence } from "@tradertape/ui/format.ts"

export function notifyDone(message: string): void {
  notifications.show({ message, color: "iris", autoClose: 3_500 })
}

export const reasonOf = (error: unknown) =>
  error instanceof Error ? sentence(error.message) : "It was not possible."

export function notifyFailure(title: string, error: unknown): void {
  notifications.show({ title, message: reasonOf(error), color: "red", autoClose: 10_000 })
}
