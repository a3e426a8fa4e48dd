import { ApiError } from "@tradertape/api/client.ts"
import { expect, test } from "vitest"
import { arrivalProblem, refusalOf } from "@/features/settings/brokers/callback/callback-words"
import { arrivalOf, codeForAgent } from "@/lib/brokers/arrival"
import { madeBroker, madeCredentials } from "./made"

const granted = arrivalOf("?request_token=abc&state=s1&status=success", "request_token")
const attempt = { broker: "kite", state: "s1", user: 1, back: "/wealth" }

test("a code of digits only keeps its leading zeros and its length", () => {
  expect(arrivalOf("?code=007123&state=12e5", "code")).toEqual({
    kind: "granted",
    code: "007123",
    state: "12e5",
  })
})

test("the code is read under the broker's own name", () => {
  expect(granted).toEqual({ kind: "granted", code: "abc", state: "s1" })
  expect(arrivalOf("?code=abc&state=s1", "request_token").kind).toBe("incomplete")
})

test.each([
  "?error=access_denied&error_description=The+user+denied&state=s1",
  "?status=cancelled&message=The+user+denied&state=s1",
])("a login that was denied at the broker is told with its reason: %s", (query) => {
  const denied = arrivalOf(query, "code")
  expect(denied).toEqual({ kind: "denied", reason: "The user denied", state: "s1" })
  expect(arrivalProblem(denied, attempt, 1, madeBroker())?.text).toContain("Kite says: The user denied.")
})

test("a page opened without a code or a state says how to begin", () => {
  for (const query of ["", "?state=s1", "?request_token=abc"])
    expect(arrivalProblem(arrivalOf(query, "request_token"), undefined, 1, madeBroker())?.title).toBe(
      "There is no login to complete",
    )
})

test("a login that another user began in this tab is not completed", () => {
  expect(arrivalProblem(granted, attempt, 2, madeBroker())?.title).toContain("another user")
  expect(arrivalProblem(granted, attempt, 1, madeBroker())).toBeNull()
  expect(arrivalProblem(granted, undefined, 1, madeBroker())).toBeNull()
})

test("a login whose keys were deleted meanwhile asks for them", () => {
  const row = madeBroker({ credentials: madeCredentials({ is_set: false, api_key: null }) })
  expect(arrivalProblem(granted, attempt, 1, row)?.title).toBe("Your Kite keys are missing")
})

test("a refusal of the broker asks for the secret; a used login does not", () => {
  const refused = refusalOf(
    new ApiError(400, "Kite refused: Invalid `checksum`.", "broker_refused", "", []),
    "Kite",
  )
  expect(refused).toMatchObject({ asksSecret: true })
  expect(refused.text).toContain("Invalid `checksum`")
  const used = refusalOf(new ApiError(400, "Used already.", "login_state_invalid", "", []), "Kite")
  expect(used.asksSecret).toBeUndefined()
})

test("a login is the agent's where this server may not complete it, or did not begin it", () => {
  const sent = "?request_token=abc&state=s1&status=success"
  const withAgent = { obfuscation: false, agent: { registered: true } }
  expect(codeForAgent(sent, "request_token", withAgent)).toBeNull()
  expect(codeForAgent(sent, "request_token", { ...withAgent, obfuscation: true })).toBe("abc")
  expect(codeForAgent("?request_token=abc", "request_token", withAgent)).toBe("abc")
  expect(
    codeForAgent("?request_token=abc", "request_token", { ...withAgent, agent: { registered: false } }),
  ).toBeNull()
  const begunThere = "?request_token=abc&state=agent.s1&status=success"
  expect(codeForAgent(begunThere, "request_token", withAgent)).toBe("abc")
  expect(codeForAgent("?status=cancelled", "request_token", withAgent)).toBeNull()
})
