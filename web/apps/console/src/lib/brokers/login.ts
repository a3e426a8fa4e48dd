import { type BrokerRow, brokerCalls, type Proof, type SessionProof } from "@/lib/queries/brokers"
import { isWebAddress, rememberAttempt } from "./attempt"
import { loginChecksum, timedChecksum } from "./checksum"
import { isShownAs, keepSecret } from "./secrets"

/** What a login still needs from the person. */
export type Needed = "secret" | "totp" | null

interface Given {
  state: string
  code?: string
  secret?: string | undefined
  totp?: string | undefined
}

/** The proof to give: the first of the broker's that does not send the secret, if there is one. */
export function chosenProof(proofs: readonly Proof[], given: Pick<Given, "totp">): Proof | undefined {
  if (given.totp) return "totp"
  return proofs.find((one) => one !== "secret" && one !== "totp") ?? proofs.find((one) => one === "secret")
}

/** Compute what opens a session. Without a secret in this browser the one saved on the server is used. */
export async function proofOf(
  row: Pick<BrokerRow, "login" | "credentials">,
  given: Given,
  now: Date,
): Promise<SessionProof> {
  const { state, code, secret, totp } = given
  const begun: SessionProof = code ? { state, code } : { state }
  const proof = chosenProof(row.login.proofs, given)
  if (proof === "totp" && totp) return { ...begun, totp }
  if (!secret) return begun
  if (proof === "checksum")
    return { ...begun, checksum: await loginChecksum(row.credentials.api_key ?? "", code ?? "", secret) }
  if (proof === "timed_checksum") {
    const timestamp = Math.floor(now.getTime() / 1_000)
    return { ...begun, checksum: await timedChecksum(secret, timestamp), timestamp }
  }
  return { ...begun, api_secret: secret }
}

/** What to ask for before a session can be opened. hasKept: this browser keeps the secret. */
export function neededFor(row: Pick<BrokerRow, "login" | "credentials">, hasKept: boolean): Needed {
  if (hasKept || row.credentials.has_secret || row.credentials.has_totp_secret) return null
  const takesSecret = row.login.proofs.some((one) => one !== "totp")
  return takesSecret ? "secret" : "totp"
}

/** Start the sandbox unless it runs, and store the keys of the person's account there. */
export async function prepareSandbox(broker: string, user: number): Promise<void> {
  const { api_key: apiKey, api_secret: secret } = await brokerCalls.startSandbox(broker)
  await brokerCalls.saveCredentials(broker, { api_key: apiKey, environment: "sandbox" })
  keepSecret(user, broker, { apiKey, secret, untilSignOut: false })
}

/**
 * Keep the secret of the person's account at the sandbox in a browser without it: nobody has ever typed it.
 * Does nothing for keys of another app, which the person knows.
 */
export async function fetchSandboxSecret(
  row: Pick<BrokerRow, "name" | "credentials">,
  user: number,
): Promise<void> {
  const found = await brokerCalls.startSandbox(row.name).catch(() => null)
  if (!found || !isShownAs(found.api_key, row.credentials.api_key ?? "")) return
  keepSecret(user, row.name, { apiKey: found.api_key, secret: found.api_secret, untilSignOut: false })
}

/** The broker whose interface the sandbox is tried with: one that has no real account here. */
export function sandboxBroker(rows: readonly BrokerRow[]): BrokerRow | undefined {
  const free = rows.filter(({ credentials, environment }) => !credentials.is_set || environment === "sandbox")
  return free.find(({ login }) => login.has_page) ?? free[0]
}

/** The address of a login page; that of the sandbox presses its one button itself. */
export function loginAddress(address: string, { environment }: Pick<BrokerRow, "environment">): string {
  if (environment !== "sandbox") return address
  const url = new URL(address)
  url.searchParams.set("auto", "1")
  return url.href
}

/** Open the broker's page in this tab. `back`: the page to return to. Rejects with an ApiError. */
export async function goToBroker(row: BrokerRow, user: number, back: string): Promise<void> {
  const { login_url: address, state } = await brokerCalls.beginLogin(row.name)
  if (!address || !isWebAddress(address))
    throw new Error("The server gave no address of the broker's login page.")
  rememberAttempt({ broker: row.name, state, user, back })
  window.location.assign(loginAddress(address, row))
}
