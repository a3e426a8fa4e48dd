import { ApiError } from "@tradertape/api/client.ts"
import type { Arrival } from "@/lib/brokers/arrival"
import type { Attempt } from "@/lib/brokers/attempt"
import { failureText } from "@/lib/notify"
import type { BrokerRow } from "@/lib/queries/brokers"

export interface Problem {
  title: string
  text: string
  /** Whether another secret may help. */
  asksSecret?: true
}

/** What is wrong with a callback before the server is asked; null if nothing is. */
export function arrivalProblem(
  arrival: Arrival,
  attempt: Attempt | undefined,
  user: number,
  row: Pick<BrokerRow, "title" | "credentials">,
): Problem | null {
  const { title } = row
  if (arrival.kind === "denied")
    return {
      title: `${title} did not log you in`,
      text: `${arrival.reason ? `${title} says: ${arrival.reason}. ` : ""}The login was cancelled or refused on the page of ${title}. Nothing was changed here.`,
    }
  if (arrival.kind === "incomplete")
    return {
      title: "There is no login to complete",
      text: `${title} opens this page after you have logged in there. Begin with Connect in Settings → Brokers.`,
    }
  if (attempt && attempt.user !== user)
    return {
      title: "This login was begun by another user",
      text: "Somebody else was signed in to TraderTape here when it began. Begin a login of your own.",
    }
  if (!row.credentials.is_set)
    return {
      title: `Your ${title} keys are missing`,
      text: attempt
        ? "They were deleted after this login began. Enter them again in Settings → Brokers."
        : "This login was not begun here. Enter your keys in Settings → Brokers, then connect.",
    }
  return null
}

/** What the person can do about the server's refusals, by their codes. */
const ADVICE: Record<string, { advice: string; asksSecret?: true }> = {
  login_state_invalid: {
    advice: "If you are connected already, nothing more is to be done: each login at the broker counts once.",
  },
  broker_refused: {
    advice: "Most often the API secret does not belong to the API key. Enter it again, then log in again.",
    asksSecret: true,
  },
  another_broker_account: { advice: "Log out on the broker's page first." },
  broker_not_set_up: { advice: "Enter your keys in Settings → Brokers." },
}

/** The words for a refusal of the server. */
export function refusalOf(error: unknown, title: string): Problem {
  const { message } = failureText(error)
  const known = error instanceof ApiError ? ADVICE[error.code] : undefined
  return {
    title: `${title} was not connected`,
    text: known ? `${message} ${known.advice}` : message,
    ...(known?.asksSecret && { asksSecret: true }),
  }
}
